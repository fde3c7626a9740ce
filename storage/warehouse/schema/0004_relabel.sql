-- What people are asked to label. Both tables are copies: the folders below `relabel` are the truth, and hold the texts.

CREATE TABLE relabel_batches (
    batch      VARCHAR NOT NULL,
    task       VARCHAR NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    bundle     VARCHAR NOT NULL,
    first_date DATE NOT NULL,
    last_date  DATE NOT NULL,
    budget     INTEGER NOT NULL,
    mix        JSON NOT NULL,
    seed       BIGINT NOT NULL,
    labels     VARCHAR[] NOT NULL,
    population BIGINT NOT NULL,
    notes      VARCHAR[] NOT NULL
);
COMMENT ON TABLE relabel_batches IS 'Batches of rows that people are asked to label; a copy of the batches'' files';
COMMENT ON COLUMN relabel_batches.bundle IS 'Bundle whose predictions the rows were picked by';
COMMENT ON COLUMN relabel_batches.first_date IS 'First date that rows could come from';
COMMENT ON COLUMN relabel_batches.budget IS 'Rows asked for; golden rows and second copies come on top';
COMMENT ON COLUMN relabel_batches.mix IS 'Share of the budget of each arm, as asked for';
COMMENT ON COLUMN relabel_batches.labels IS 'The classes to choose from, in the order of relabel_items.probs';
COMMENT ON COLUMN relabel_batches.population IS 'Distinct texts that could be picked: those of the dates, not yet asked';
COMMENT ON COLUMN relabel_batches.notes IS 'What was not done as asked, and why';

CREATE TABLE relabel_items (
    item         VARCHAR NOT NULL,
    batch        VARCHAR NOT NULL,
    task         VARCHAR NOT NULL,
    place        INTEGER NOT NULL,
    doc_id       VARCHAR NOT NULL,
    logical_date DATE,
    bundle       VARCHAR NOT NULL,
    unit         VARCHAR,
    source_path  VARCHAR NOT NULL,
    source_row   BIGINT NOT NULL,
    text_hash    UBIGINT NOT NULL,
    text_rows    BIGINT NOT NULL,
    slices       MAP(VARCHAR, VARCHAR),
    status       VARCHAR,
    label        VARCHAR,
    confidence   FLOAT,
    margin       FLOAT,
    entropy      FLOAT,
    probs        FLOAT[],
    n_windows    INTEGER,
    top_windows  INTEGER[],
    arm          VARCHAR NOT NULL,
    strategy     VARCHAR NOT NULL,
    score        DOUBLE,
    probability  DOUBLE,
    golden       BOOLEAN NOT NULL,
    given_label  VARCHAR,
    copies       INTEGER NOT NULL
);
COMMENT ON TABLE relabel_items IS 'One row per text of a batch; a copy of the batches'' files';
COMMENT ON COLUMN relabel_items.item IS 'Its id: a digest of batch and document';
COMMENT ON COLUMN relabel_items.place IS 'Place in the batch, from 0; drawn, so that it says nothing of the arm';
COMMENT ON COLUMN relabel_items.doc_id IS 'Document that the label is for; of several with the same text, one';
COMMENT ON COLUMN relabel_items.logical_date IS 'Null for a golden row from a file, as is all that a prediction says';
COMMENT ON COLUMN relabel_items.text_rows IS 'Rows of the dates that have this very text: its weight in figures on rows';
COMMENT ON COLUMN relabel_items.label IS 'What the bundle predicted; not for the eyes of who labels';
COMMENT ON COLUMN relabel_items.arm IS 'Why it is here: random, golden, or the strategy that has a share of the mix';
COMMENT ON COLUMN relabel_items.strategy IS 'How it was picked, in full: the score and what spread the picks';
COMMENT ON COLUMN relabel_items.score IS 'Of the strategy, the larger the more worth asking; null where there is none';
COMMENT ON COLUMN relabel_items.probability IS 'Chance of being picked: k/N at random; 1 for its score; null: not known';
COMMENT ON COLUMN relabel_items.golden IS 'Its label is known, and shows how well who labels does; never trained on';
COMMENT ON COLUMN relabel_items.given_label IS 'The label of a golden row, or the one that is doubted; never shown';
COMMENT ON COLUMN relabel_items.copies IS 'People who are to label it, independently of each other';
