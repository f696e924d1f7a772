CREATE TABLE schema_version (
    version INTEGER NOT NULL,
    PRIMARY KEY (version)
);

CREATE TABLE server (
    public_key BYTEA NOT NULL,
    instance VARCHAR,
    PRIMARY KEY (public_key)
);

CREATE TABLE devices (
    key_id VARCHAR NOT NULL,
    public_key BYTEA NOT NULL,
    name VARCHAR NOT NULL,
    enrolled_at FLOAT NOT NULL,
    revoked_at FLOAT,
    PRIMARY KEY (key_id)
);

CREATE TABLE consultations (
    id VARCHAR NOT NULL,
    version INTEGER NOT NULL,
    package BYTEA NOT NULL,
    package_hash VARCHAR NOT NULL,
    organiser_key BYTEA NOT NULL,
    form_hash BYTEA NOT NULL,
    recipients BYTEA NOT NULL,
    published_at FLOAT NOT NULL,
    PRIMARY KEY (id, version)
);

CREATE TABLE numbering (
    consultation VARCHAR NOT NULL,
    batch BIGINT NOT NULL,
    PRIMARY KEY (consultation)
);

CREATE TABLE records (
    consultation VARCHAR NOT NULL,
    id BYTEA NOT NULL,
    fingerprint BYTEA NOT NULL,
    batch BIGINT NOT NULL,
    PRIMARY KEY (consultation, id)
);

CREATE TABLE attachments (
    consultation VARCHAR NOT NULL,
    name VARCHAR(64) NOT NULL,
    size BIGINT NOT NULL,
    arrived_at FLOAT,
    PRIMARY KEY (consultation, name)
);

CREATE TABLE checkpoints (
    consultation VARCHAR NOT NULL,
    size BIGINT NOT NULL,
    note BYTEA NOT NULL,
    published_at FLOAT NOT NULL,
    PRIMARY KEY (consultation, size)
);

CREATE TABLE register_awaited (
    consultation VARCHAR NOT NULL,
    commitment BYTEA NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (consultation, commitment)
);

CREATE TABLE enrolment_tokens (
    token_hash BYTEA NOT NULL,
    expires_at FLOAT NOT NULL,
    device_key_id VARCHAR,
    PRIMARY KEY (token_hash),
    FOREIGN KEY(device_key_id) REFERENCES devices (key_id)
);

CREATE TABLE enrolments (
    token_hash BYTEA NOT NULL,
    device_key_id VARCHAR NOT NULL,
    enrolled_at FLOAT NOT NULL,
    compared_at FLOAT,
    PRIMARY KEY (token_hash),
    FOREIGN KEY(device_key_id) REFERENCES devices (key_id)
);

CREATE TABLE batches (
    consultation VARCHAR NOT NULL,
    number BIGINT NOT NULL,
    name VARCHAR(64) NOT NULL,
    device_key_id VARCHAR NOT NULL,
    sequence BIGINT NOT NULL,
    size BIGINT NOT NULL,
    received_at FLOAT NOT NULL,
    acknowledgement BYTEA NOT NULL,
    PRIMARY KEY (consultation, number),
    CONSTRAINT batches_by_name UNIQUE (name, consultation),
    FOREIGN KEY(device_key_id) REFERENCES devices (key_id)
);

CREATE TABLE quarantine (
    consultation VARCHAR NOT NULL,
    batch BIGINT NOT NULL,
    position INTEGER NOT NULL,
    id BYTEA NOT NULL,
    fingerprint BYTEA NOT NULL,
    verdict INTEGER NOT NULL,
    PRIMARY KEY (consultation, batch, position),
    FOREIGN KEY(consultation, batch) REFERENCES batches (consultation, number)
);

CREATE TABLE register (
    consultation VARCHAR NOT NULL,
    first BIGINT NOT NULL,
    count INTEGER NOT NULL,
    batch BIGINT,
    entries BYTEA NOT NULL,
    PRIMARY KEY (consultation, first),
    UNIQUE (consultation, batch),
    FOREIGN KEY(consultation, batch) REFERENCES batches (consultation, number)
);

INSERT INTO schema_version VALUES (4);
