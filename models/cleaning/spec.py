"""The cleaning spec: which rules run, and how; it travels in every bundle."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails

from models.cleaning.rule import RULES

CLEANING_VERSION = 1
"""Version of the rules. Raise it whenever any text could come out different from before."""

Width = Literal["keep", "nfkc", "nfkc_zh"]
WhiteSpace = Literal["keep", "collapse", "paragraphs"]
Repost = Literal["keep", "markers", "drop"]
Removal = Literal["keep", "drop", "placeholder"]
Topic = Literal["keep", "text", "drop", "placeholder"]
Emotion = Literal["keep", "name", "sentiment", "drop"]
Number = Literal["keep", "zeros", "placeholder"]
Latin = Literal["keep", "lower"]


class CleaningSpec(BaseModel):
    """One switch per rule, in the order in which the rules run; the defaults change as little as possible.

    The fields are recorded in every bundle. A rule that comes later has no field here: its key is accepted as soon as
    the rule is registered, and recorded only where a spec uses it, so that the bundles of before keep their versions.

    Attributes:
        version: Version of the rules' implementation that this spec was made for.
        html_entities: Decode `&lt;`, `&#20013;`, `&amp;lt;`, and the commonest names without a semicolon.
        invisible: Drop control, zero-width, private-use and replacement characters.
        width: `nfkc` folds full width and compatibility forms; `nfkc_zh` does the same but leaves
            ，！？：；（）～… as Chinese vocabularies and pretraining text have them.
        html_tags: Drop comments, scripts, styles and known tags; `a<b` and 《<书名>》 are text.
        simplified: Traditional to simplified characters (OpenCC t2s).
        repost: `//@user:` chains: `markers` keeps all words and drops the names of their authors; `drop` keeps the
            poster's own words, or the chain's where the poster added none.
        url: Links and e-mail addresses.
        mention: `@user`.
        topic: `#topic#`; `text` drops the marks and `[超话]`, and keeps the words.
        max_repeats: Most times in a row that a character or a unit of up to 8 characters may repeat;
            digits are left alone. 0 switches it off.
        emoticon: `[笑cry]`; `name` drops the brackets. `sentiment` and `drop` touch only the emoticons
            listed in `feelings.txt`, since `[含早]` looks just like one.
        emoji: `name` writes the Chinese name, `sentiment` the feeling listed in `feelings.txt`
            (an emoji without one goes).
        number: `zeros` turns each digit into 0 and so keeps the shape.
        latin: `lower` turns all letters that have case into lower case.
        white_space: `collapse` makes every run one space; `paragraphs` keeps line breaks, one each.
        editor_credits: Drop 责任编辑：… lines and closing credits such as （编辑：…）.
        source_credits: Drop 来源：… lines, and （来源：…） where a line begins or ends.
        advertising: Drop advertising, copyright and follow-us sentences that close the document.
        repeated_paragraphs: Drop the second and later copies of a paragraph of 10 characters or more.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    version: int = CLEANING_VERSION
    html_entities: bool = False
    invisible: bool = True
    width: Width = "keep"
    html_tags: bool = False
    simplified: bool = False
    repost: Repost = "keep"
    url: Removal = "keep"
    mention: Removal = "keep"
    topic: Topic = "keep"
    max_repeats: int = Field(default=0, ge=0)
    emoticon: Emotion = "keep"
    emoji: Emotion = "keep"
    number: Number = "keep"
    latin: Latin = "keep"
    white_space: WhiteSpace = "collapse"
    editor_credits: bool = False
    source_credits: bool = False
    advertising: bool = False
    repeated_paragraphs: bool = False

    @model_validator(mode="wrap")
    @classmethod
    def _further_keys_are_rules(cls, raw: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        keys = raw.keys() - cls.model_fields.keys() if isinstance(raw, dict) else frozenset[str]()
        problems = [problem for key in sorted(keys) for problem in _problems(key, raw[key])]
        try:
            spec = handler(raw)
        except ValidationError as error:
            problems = _details(error) + problems
        if problems:
            raise ValidationError.from_exception_data(cls.__name__, problems)
        return spec


def _problems(key: str, setting: Any) -> list[InitErrorDetails]:
    """What is wrong with a key that is no field: nothing if a rule of that name takes the setting."""
    rule = RULES.all().get(key)
    if rule is None:
        return [InitErrorDetails(type="extra_forbidden", loc=(key,), input=setting)]
    try:
        TypeAdapter(rule.setting).validate_python(setting, strict=True)
    except ValidationError as error:
        return _details(error, key)
    return []


def _details(error: ValidationError, *within: str) -> list[InitErrorDetails]:
    return [
        InitErrorDetails(type=each["type"], loc=(*within, *each["loc"]), input=each["input"], ctx=each.get("ctx", {}))
        for each in error.errors()
    ]
