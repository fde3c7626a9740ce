-- What monitoring finds out. Both tables are copies: the files below `nights` are the truth. No primary keys:
-- the rows of a night are replaced together in one transaction.

CREATE TABLE metrics (
    task         VARCHAR NOT NULL,
    logical_date DATE NOT NULL,
    bundle       VARCHAR NOT NULL,
    reference    VARCHAR,
    slice        VARCHAR NOT NULL,
    name         VARCHAR NOT NULL,
    item         VARCHAR NOT NULL,
    level        DOUBLE,
    level_before DOUBLE,
    value        DOUBLE,
    low          DOUBLE,
    high         DOUBLE,
    effect       DOUBLE,
    p_value      DOUBLE,
    adjusted_p   DOUBLE,
    threshold    DOUBLE,
    breached     BOOLEAN NOT NULL,
    nights       INTEGER NOT NULL,
    null_low     DOUBLE,
    null_high    DOUBLE,
    n            DOUBLE NOT NULL,
    m            DOUBLE NOT NULL,
    reason       VARCHAR NOT NULL,
    measured_at  TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE metrics IS 'One row per night, bundle, metric, slice and item; a copy of the nights'' files';
COMMENT ON COLUMN metrics.reference IS 'What the night was compared with: a digest; null where there was nothing';
COMMENT ON COLUMN metrics.slice IS 'Which rows: column=value, or empty for all';
COMMENT ON COLUMN metrics.item IS 'What of: a class, a word; empty for the whole';
COMMENT ON COLUMN metrics.level IS 'The plain level that night, such as the share itself';
COMMENT ON COLUMN metrics.level_before IS 'The level of the reference';
COMMENT ON COLUMN metrics.value IS 'The statistic; of a share or a mean its difference from the reference';
COMMENT ON COLUMN metrics.low IS 'Lower end of the 95 % interval of what value estimates';
COMMENT ON COLUMN metrics.high IS 'Upper end of that interval';
COMMENT ON COLUMN metrics.effect IS 'Size of the change, on a scale that does not grow with the rows';
COMMENT ON COLUMN metrics.p_value IS 'Chance of such a value if nothing had changed';
COMMENT ON COLUMN metrics.adjusted_p IS 'The same, adjusted for all tests of the night (Benjamini-Hochberg)';
COMMENT ON COLUMN metrics.threshold IS 'Effect from which it matters; null where it raises no alert';
COMMENT ON COLUMN metrics.breached IS 'Effect, direction, significance and rows all say that it has changed';
COMMENT ON COLUMN metrics.nights IS 'Breached nights in a row, this one included; 0 when it is not';
COMMENT ON COLUMN metrics.null_low IS 'Lower end of where value lies in 95 of 100 unchanged nights';
COMMENT ON COLUMN metrics.null_high IS 'Upper end of that band';
COMMENT ON COLUMN metrics.n IS 'Reference rows (or tokens) that it rests on, divided by the design effect';
COMMENT ON COLUMN metrics.m IS 'The same of that night; 0 where there is one sample, n';
COMMENT ON COLUMN metrics.reason IS 'Why there is no value; empty when there is one';

CREATE TABLE alerts (
    alert        VARCHAR NOT NULL,
    task         VARCHAR NOT NULL,
    logical_date DATE NOT NULL,
    bundle       VARCHAR NOT NULL,
    name         VARCHAR NOT NULL,
    slice        VARCHAR NOT NULL,
    item         VARCHAR NOT NULL,
    severity     VARCHAR NOT NULL,
    since        DATE NOT NULL,
    nights       INTEGER NOT NULL,
    is_new       BOOLEAN NOT NULL,
    effect       DOUBLE,
    adjusted_p   DOUBLE,
    slices       VARCHAR[] NOT NULL,
    message_en   VARCHAR NOT NULL,
    message_zh   VARCHAR NOT NULL,
    fired_at     TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE alerts IS 'What people were told of, one row per night and alert; a copy of the nights'' files';
COMMENT ON COLUMN alerts.alert IS 'Its id: the same for the same task, date, bundle and metric';
COMMENT ON COLUMN alerts.severity IS 'warning or critical';
COMMENT ON COLUMN alerts.since IS 'First of the nights in a row';
COMMENT ON COLUMN alerts.is_new IS 'Sent to the sinks; false while it only goes on';
COMMENT ON COLUMN alerts.slices IS 'Slices that show the same, worst first';
COMMENT ON COLUMN alerts.fired_at IS 'When the night was monitored';
