"""The model card: what a person reads before trusting a bundle."""

from __future__ import annotations

import json

from models.bundle import Bundle


def write_card(bundle: Bundle) -> str:
    """Write a bundle's card as Markdown, from its manifest alone."""
    manifest = bundle.manifest
    lineage, metrics = manifest.lineage, manifest.lineage.dev_metrics
    rows = "\n".join(f"| {each.role} | {each.name} | {each.rows} | `{each.sha256[:12]}` |" for each in lineage.data)
    recipe = json.dumps(lineage.recipe, ensure_ascii=False, indent=2, sort_keys=True)
    return f"""# {manifest.task}, bundle {bundle.version}

| | |
|---|---|
| labels | {", ".join(manifest.labels)} |
| windows | {manifest.windows.long_text}, at most {manifest.windows.max_length} tokens |
| document logits | {manifest.aggregation} over windows |
| temperature | {manifest.temperature:.4f} |
| trained by | yeban {lineage.yeban or "?"} |
| fine-tuned from | {lineage.parent or "-"} |
| dev rows | {metrics.get("rows", "?")} |
| dev accuracy | {metrics.get("accuracy", "?")} |
| dev macro-F1 | {metrics.get("macro_f1", "?")} |
| dev ECE, after calibration | {metrics.get("ece", "?")} |

The dev set stopped the training and fitted the temperature, so its figures are slightly flattering. Measure on
rows that training never saw: `yeban evaluate {manifest.task} --data FILE --bundle {bundle.version}`.

## Data

| role | file | rows | SHA-256 |
|---|---|---|---|
{rows}

## Recipe

```json
{recipe}
```
"""
