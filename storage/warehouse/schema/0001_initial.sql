-- The first schema of the warehouse. Only what is used from the start is made here: metrics, alerts,
-- relabel_batches and relabel_items come with the work that fills them, each by a migration of its own.
-- A migration that changes the columns of a table makes the views on it anew: DuckDB fixes a view's columns.

CREATE TABLE runs (
    run_id       VARCHAR PRIMARY KEY,
    job          VARCHAR NOT NULL,
    task         VARCHAR NOT NULL,
    logical_date DATE,
    bundle       VARCHAR,
    started_at   TIMESTAMPTZ NOT NULL,
    finished_at  TIMESTAMPTZ,
    state        VARCHAR NOT NULL,
    rows         BIGINT NOT NULL,
    units        BIGINT NOT NULL,
    failures     VARCHAR[] NOT NULL,
    figures      JSON NOT NULL,
    host         VARCHAR NOT NULL,
    pid          BIGINT NOT NULL
);
COMMENT ON TABLE runs IS 'One row per execution of a job; a copy of the run log, whose files are the truth';
COMMENT ON COLUMN runs.state IS 'running, done, failed, interrupted, or staged: scored, but the warehouse was locked';
COMMENT ON COLUMN runs.figures IS 'Speed and circumstances: docs_per_s, tokens_per_s, padding_share, device ...';

CREATE TABLE units (
    unit         VARCHAR PRIMARY KEY,
    task         VARCHAR NOT NULL,
    logical_date DATE NOT NULL,
    bundle       VARCHAR NOT NULL,
    source_path  VARCHAR NOT NULL,
    fingerprint  VARCHAR NOT NULL,
    row_start    BIGINT NOT NULL,
    row_stop     BIGINT NOT NULL,
    loaded_at    TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE units IS 'The ledger: a unit is here when, and only when, all its predictions are in';
COMMENT ON COLUMN units.fingerprint IS 'Digest of the source file''s size and Parquet footer';
COMMENT ON COLUMN units.row_stop IS 'One past the last row';

-- No primary key: keeping an index on a table of this size up to date costs more than the insert. The ledger
-- keeps the rows unique. Ids hardly repeat: looking for a way to compress them is a tenth of a load, and finds half of
-- them, ten megabytes in a million rows. (A file that was made without this stays as it is, and is none the worse.)
CREATE TABLE predictions (
    task            VARCHAR NOT NULL,
    logical_date    DATE NOT NULL,
    bundle          VARCHAR NOT NULL,
    unit            VARCHAR NOT NULL,
    source_path     VARCHAR NOT NULL,
    source_row      BIGINT NOT NULL,
    doc_id          VARCHAR NOT NULL USING COMPRESSION uncompressed,
    text_created_at TIMESTAMPTZ,
    slices          MAP(VARCHAR, VARCHAR),
    status          VARCHAR NOT NULL,
    label           VARCHAR,
    confidence      FLOAT,
    margin          FLOAT,
    entropy         FLOAT,
    probs           FLOAT[],
    n_tokens        INTEGER NOT NULL,
    n_windows       INTEGER NOT NULL,
    top_windows     INTEGER[],
    truncated       BOOLEAN NOT NULL,
    text_hash       UBIGINT NOT NULL,
    created_at      TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE predictions IS 'One row per input row and bundle; most people want latest_predictions';
COMMENT ON COLUMN predictions.bundle IS 'Version of the model bundle: a hash of its contents';
COMMENT ON COLUMN predictions.source_row IS 'Row in the source file, from 0';
COMMENT ON COLUMN predictions.text_created_at IS 'When the text was written, as the dump says';
COMMENT ON COLUMN predictions.slices IS 'Columns of the dump kept for breaking figures down';
COMMENT ON COLUMN predictions.status IS 'scored; empty: nothing left after cleaning; short: scored, little trust; failed';
COMMENT ON COLUMN predictions.label IS 'Predicted class; null where the status is empty or failed';
COMMENT ON COLUMN predictions.confidence IS 'Calibrated probability of the label';
COMMENT ON COLUMN predictions.margin IS 'Top probability minus the second';
COMMENT ON COLUMN predictions.entropy IS 'Entropy of the probabilities, in nats';
COMMENT ON COLUMN predictions.probs IS 'Probability of every class, in the order of bundles.labels';
COMMENT ON COLUMN predictions.top_windows IS 'Windows that spoke loudest for the label, best first';
COMMENT ON COLUMN predictions.truncated IS 'The model did not see the whole text';
COMMENT ON COLUMN predictions.text_hash IS 'Hash of the cleaned text: equal texts have equal hashes';
COMMENT ON COLUMN predictions.created_at IS 'When the row was loaded';

CREATE TABLE profiles (
    unit         VARCHAR NOT NULL,
    task         VARCHAR NOT NULL,
    logical_date DATE NOT NULL,
    bundle       VARCHAR NOT NULL,
    profile      JSON NOT NULL
);
COMMENT ON TABLE profiles IS 'Statistics of each unit that add up; monitoring reads these, never the raw text';

CREATE TABLE bundles (
    task            VARCHAR NOT NULL,
    bundle          VARCHAR NOT NULL,
    labels          VARCHAR[] NOT NULL,
    record          JSON,
    first_loaded_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (task, bundle)
);
COMMENT ON TABLE bundles IS 'Model bundles that have predictions here';
COMMENT ON COLUMN bundles.labels IS 'The classes, in the order of predictions.probs';
COMMENT ON COLUMN bundles.record IS 'What was known of the bundle when it was last loaded';

CREATE TABLE labels (
    task        VARCHAR NOT NULL,
    doc_id      VARCHAR NOT NULL,
    label       VARCHAR NOT NULL,
    annotator   VARCHAR NOT NULL,
    source      VARCHAR NOT NULL,
    labelled_at TIMESTAMPTZ NOT NULL,
    imported_at TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE labels IS 'What people said; rows are only added, so a changed mind is a newer row';
COMMENT ON COLUMN labels.source IS 'Where the label came from, such as a file or a batch of the queue';

-- A row is hidden when a bundle that was loaded later covers it, or covers another version of its file. That is
-- settled among units, of which there are few, so the big table is scanned once and never sorted.
CREATE VIEW latest_predictions AS
WITH hidden AS (
    SELECT
        older.unit,
        CASE WHEN newer.fingerprint = older.fingerprint THEN newer.row_start ELSE older.row_start END AS row_start,
        CASE WHEN newer.fingerprint = older.fingerprint THEN newer.row_stop ELSE older.row_stop END AS row_stop
    FROM units AS older
    JOIN units AS newer USING (task, logical_date, source_path)
    WHERE newer.bundle <> older.bundle
      AND (newer.loaded_at, newer.bundle) > (older.loaded_at, older.bundle)
      AND (
          newer.fingerprint <> older.fingerprint
          OR (newer.row_start < older.row_stop AND older.row_start < newer.row_stop)
      )
)
SELECT p.*
FROM predictions AS p
ANTI JOIN hidden AS h ON h.unit = p.unit AND h.row_start <= p.source_row AND p.source_row < h.row_stop;
COMMENT ON VIEW latest_predictions IS 'One prediction per input row: that of the bundle loaded last';

CREATE VIEW labelled_predictions AS
WITH newest AS (
    SELECT task, doc_id, label, annotator, source, labelled_at
    FROM labels
    QUALIFY row_number() OVER (
        PARTITION BY task, doc_id ORDER BY labelled_at DESC, imported_at DESC, annotator, source, label
    ) = 1
)
SELECT p.*, n.label AS true_label, n.annotator, n.source AS label_source, n.labelled_at
FROM latest_predictions AS p
JOIN newest AS n USING (task, doc_id);
COMMENT ON VIEW labelled_predictions IS 'Latest predictions of labelled documents, each with its newest label';

CREATE VIEW class_probabilities AS
SELECT
    p.task,
    p.logical_date,
    p.bundle,
    p.source_path,
    p.source_row,
    p.doc_id,
    unnest(
        list_transform(
            list_sort(list_zip(list_transform(p.probs, lambda x: -x), range(1, len(p.probs) + 1))),
            lambda pair, place: {'rank': place, 'label': b.labels[pair[2]], 'probability': p.probs[pair[2]]}
        ),
        recursive := true
    )
FROM latest_predictions AS p
JOIN bundles AS b USING (task, bundle);
COMMENT ON VIEW class_probabilities IS 'One row per latest prediction and class, best first: rank <= k is the top k';
