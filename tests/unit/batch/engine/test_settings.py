"""How to compute."""

from __future__ import annotations

import pytest
import torch

from batch.engine.settings import EngineSettings, choose_device, resolve_settings
from storage.errors import ConfigError


class TestSettings:
    def test_auto(self) -> None:
        settings = resolve_settings(EngineSettings())
        if not torch.cuda.is_available():
            assert settings.device == "cpu"
        assert "auto" not in (settings.device, settings.precision)

    def test_what_is_asked_for_stays(self) -> None:
        asked = EngineSettings("cpu", "fp32", 17)
        assert resolve_settings(asked) == asked

    @pytest.mark.parametrize("device", ["cuda:99", *([] if torch.cuda.is_available() else ["cuda"])])
    def test_a_device_that_is_not_there(self, device: str) -> None:
        with pytest.raises(ConfigError, match=f"device '{device}'"):
            choose_device(device)

    def test_a_precision_that_the_device_lacks(self) -> None:
        with pytest.raises(ConfigError, match="precision 'fp16' on cpu"):
            resolve_settings(EngineSettings("cpu", "fp16"))
