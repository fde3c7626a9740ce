-- Labels of rows that were chosen for being doubtful make any model look bad, so each says how its row was chosen.

ALTER TABLE labels ADD COLUMN arm VARCHAR;
COMMENT ON COLUMN labels.arm IS 'How the row was chosen: random, or a strategy such as margin; null is not known';

DROP VIEW labelled_predictions;
CREATE VIEW labelled_predictions AS
WITH newest AS (
    SELECT
        task, doc_id, label, annotator, source, labelled_at,
        -- A row that was drawn stays drawn when its label is corrected: corrected ones are the hard ones.
        CASE WHEN bool_or(arm = 'random') OVER (PARTITION BY task, doc_id) THEN 'random' ELSE arm END AS arm
    FROM labels
    QUALIFY row_number() OVER (
        PARTITION BY task, doc_id ORDER BY labelled_at DESC, imported_at DESC, annotator, source, label
    ) = 1
)
SELECT
    p.*, n.label AS true_label, n.annotator, n.source AS label_source, n.arm AS label_arm, n.labelled_at
FROM latest_predictions AS p
JOIN newest AS n USING (task, doc_id);
COMMENT ON VIEW labelled_predictions IS 'Latest predictions of labelled documents, each with its newest label';
