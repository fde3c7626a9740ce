from __future__ import annotations

import polars as pl
import pytest

from models.cleaning.rules import social


@pytest.mark.parametrize(
    ("text", "markers", "drop"),
    [
        ("我说//@甲:他说//@乙:她说", "我说 他说 她说", "我说"),
        ("//@甲:他说//@乙:她说", " 他说 她说", " 他说 她说"),
        ("转发微博//@甲:他说", "转发微博 他说", "转发微博 他说"),
        ("@丙 //@甲:他说", "@丙  他说", "@丙  他说"),
        ("???//@甲:他说", "??? 他说", "??? 他说"),
        ("😂//@甲:他说", "😂 他说", "😂"),
        ("// @甲 ：他说", " 他说", " 他说"),
        ("回复@甲:好", " 好", " 好"),
        ("嗯//@没有冒号的人 说", "嗯 @没有冒号的人 说", "嗯"),
        ("http://a.cn/b", "http://a.cn/b", "http://a.cn/b"),
    ],
)
def test_reposts(text: str, markers: str, drop: str) -> None:
    assert social.unchain_reposts(pl.Series([text]), "markers").to_list() == [markers]
    assert social.unchain_reposts(pl.Series([text]), "drop").to_list() == [drop]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://t.cn/A6。好", "[]。好"),
        ("HTTPS://A.CN/x?y=%E4#z好", "[]好"),
        ("http:t.cn/zl7好", "[]好"),
        ("www.example.com.cn，好", "[]，好"),
        ("t.cn/abc好", "[]好"),
        ("a_b.c@mail.example.com好", "[]好"),
        ("O网页链接 好", "[] 好"),
        ("http、www和cat.cn", "http、www和cat.cn"),
        ("a@b好", "a@b好"),
    ],
)
def test_urls(text: str, expected: str) -> None:
    assert social.replace_urls(pl.Series([text]), "drop").to_list() == [expected.replace("[]", "  ")]
    assert social.replace_urls(pl.Series([text]), "placeholder").to_list() == [expected.replace("[]", " 网址 ")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@张三 好", "[] 好"),
        ("我爱@张三，@Li_4-x：好", "我爱[]，[]：好"),
        ("@甲乙@丙丁", "[][]"),
        ("a@b.com", "a@b.com"),
        ("@_@ @@ @.@ 好", "@_@ @@ @.@ 好"),
        ("@5元 @ 好", "@5元 @ 好"),
        ("@" + "很" * 15, "[]"),
        ("@" + "很" * 16, "@" + "很" * 16),
    ],
)
def test_mentions(text: str, expected: str) -> None:
    assert social.replace_mentions(pl.Series([text]), "drop").to_list() == [expected.replace("[]", "  ")]
    assert social.replace_mentions(pl.Series([text]), "placeholder").to_list() == [expected.replace("[]", " 用户 ")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#早安#好", " 早安 好"),
        ("#某剧[超话]##新歌#", " 某剧  新歌 "),
        ("#【一】二#", " 【一】二 "),
        ("#_# ## #", "#_# ## #"),
        ("#上一行\n下一行#", "#上一行\n下一行#"),
        ("#" + "长" * 80 + "#", "#" + "长" * 80 + "#"),
    ],
)
def test_topics(text: str, expected: str) -> None:
    assert social.replace_topics(pl.Series([text]), "text").to_list() == [expected]
