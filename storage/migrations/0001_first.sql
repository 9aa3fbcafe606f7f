-- Version 1: contacts, messages both ways, and what turns need to remember.
-- Times are milliseconds since 1970 in UTC. "Sealed" columns hold keyed ciphertext, "blind index"
-- columns a keyed hash of 16 bytes: without the key file neither says anything about a person.
-- WhatsApp's message ids are personal data too, as they carry the phone number in base64.

-- Facts about this database, one a row.
CREATE TABLE meta (
    key   TEXT NOT NULL PRIMARY KEY,  -- 'key_fingerprint'
    value TEXT NOT NULL               -- tells at start whether the key file belongs to this file
) STRICT;

-- People who talk to an office.
CREATE TABLE contacts (
    -- Never used again after a merge or an erasure: a link to a person must not show another one.
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    office          TEXT    NOT NULL,            -- the office's id in the configuration
    window_until_ms INTEGER NOT NULL DEFAULT 0,  -- free-form messages may be sent until then
    blocked         INTEGER NOT NULL DEFAULT 0,  -- 1: cannot be reached until they write again
    created_ms      INTEGER NOT NULL,            -- when they first wrote
    profile_name    BLOB,                        -- sealed; NULL while unknown
    session         BLOB                         -- sealed dialog session; NULL before the first turn
) STRICT;

-- Counts the contacts of an office without reading their sessions.
CREATE INDEX contacts_office ON contacts (office);

-- How WhatsApp names a contact; one person may have several.
CREATE TABLE contact_addresses (
    id         INTEGER PRIMARY KEY,
    contact_id INTEGER NOT NULL REFERENCES contacts (id),
    kind       INTEGER NOT NULL,  -- 1 phone, 2 business-scoped user id, 3 parent user id
    used_ms    INTEGER NOT NULL,  -- when it became the one to send to among those of its kind
    lookup     BLOB    NOT NULL,  -- blind index of office, kind and matching form
    value      BLOB    NOT NULL   -- sealed, verbatim as Meta wrote it
) STRICT;

CREATE UNIQUE INDEX contact_addresses_lookup ON contact_addresses (lookup);
-- The address to send to comes first.
CREATE INDEX contact_addresses_contact ON contact_addresses (contact_id, kind, used_ms DESC);

-- Messages from citizens.
CREATE TABLE inbound (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    contact_id      INTEGER NOT NULL REFERENCES contacts (id),
    state           INTEGER NOT NULL,  -- 1 handled, 2 kept, 3 failed: staff must look
    sent_ms         INTEGER NOT NULL,  -- Meta's time
    received_ms     INTEGER NOT NULL,  -- our time
    phone_number_id TEXT    NOT NULL,  -- the office's number that it came to
    type            TEXT    NOT NULL,  -- Meta's type: 'text', 'image' ...
    wamid_index     BLOB    NOT NULL,  -- blind index of phone_number_id and wamid: the redelivery check
    wamid           BLOB,              -- sealed
    body            BLOB               -- sealed; NULL where empty
) STRICT;

CREATE UNIQUE INDEX inbound_wamid ON inbound (wamid_index);
CREATE INDEX inbound_contact ON inbound (contact_id);
CREATE INDEX inbound_failed ON inbound (id) WHERE state = 3;

-- Webhook bodies as they came, for the raw retention.
CREATE TABLE raw_updates (
    id          INTEGER PRIMARY KEY,
    received_ms INTEGER NOT NULL,  -- our time
    body_index  BLOB    NOT NULL,  -- blind index of the bytes: a repeated delivery is kept once
    body        BLOB    NOT NULL   -- sealed
) STRICT;

CREATE UNIQUE INDEX raw_updates_body ON raw_updates (body_index);

-- Messages to citizens.
CREATE TABLE outbox (
    -- Travels with the message and comes back in its statuses, so it is never used again.
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    contact_id       INTEGER NOT NULL REFERENCES contacts (id),
    -- 1 queued, 2 sending, 3 in doubt, 4 sent, 5 delivered, 6 read, 7 played, 8 failed, 9 cancelled
    state            INTEGER NOT NULL,
    lane             INTEGER NOT NULL,            -- 1 officer, 2 reply, 3 notice, 4 broadcast
    due_ms           INTEGER NOT NULL,            -- queued: not before; in doubt: waits until
    created_ms       INTEGER NOT NULL,            -- when the turn made it
    needs_window     INTEGER NOT NULL,            -- 1: only inside the 24-hour window
    attempts         INTEGER NOT NULL DEFAULT 0,  -- sends that were refused or are in doubt
    error_code       INTEGER NOT NULL DEFAULT 0,  -- the last one Meta gave; 0 for none
    reply_to         INTEGER,                     -- the inbound message that it answers
    pricing_type     TEXT,                        -- from the first status that names it
    pricing_category TEXT,                        -- from the same status
    wamid_index      BLOB,                        -- blind index of the wamid; NULL until accepted
    wamid            BLOB,                        -- sealed
    payload          BLOB                         -- sealed bubble
) STRICT;

-- No message is answered twice.
CREATE UNIQUE INDEX outbox_reply_to ON outbox (reply_to) WHERE reply_to IS NOT NULL;
CREATE INDEX outbox_contact ON outbox (contact_id);
-- Not unique: a repeated wamid, whoever made it, must not keep an answer from being recorded.
CREATE INDEX outbox_wamid ON outbox (wamid_index) WHERE wamid_index IS NOT NULL;
-- What is not decided yet, in the order of each contact. Small, however long the history is.
CREATE INDEX outbox_unresolved ON outbox (contact_id, id, state, created_ms) WHERE state < 4;
CREATE INDEX outbox_due ON outbox (lane, due_ms, id) WHERE state = 1;
CREATE INDEX outbox_doubt ON outbox (due_ms) WHERE state = 3;
CREATE INDEX outbox_failed ON outbox (id) WHERE state = 8;

-- Statuses that came before the answer to their send was recorded.
CREATE TABLE parked_statuses (
    id               INTEGER PRIMARY KEY,
    received_ms      INTEGER NOT NULL,  -- our time
    state            INTEGER NOT NULL,  -- as in outbox
    error_code       INTEGER NOT NULL,  -- first of errors[]; 0 for none
    pricing_type     TEXT    NOT NULL,  -- '' where the status has none
    pricing_category TEXT    NOT NULL,  -- likewise
    wamid_index      BLOB    NOT NULL   -- as in outbox
) STRICT;

CREATE UNIQUE INDEX parked_statuses_wamid ON parked_statuses (wamid_index, state);

-- Counters over a window of time.
CREATE TABLE throttles (
    key     BLOB    NOT NULL PRIMARY KEY,  -- blind index of office, scope, window and value
    ends_ms INTEGER NOT NULL,              -- end of the window that the first count opened
    count   INTEGER NOT NULL               -- in that window
) STRICT, WITHOUT ROWID;

CREATE INDEX throttles_ends ON throttles (ends_ms);

-- Citizens who wait for, or had, an officer.
CREATE TABLE handoffs (
    id           INTEGER PRIMARY KEY,
    contact_id   INTEGER NOT NULL REFERENCES contacts (id),
    opened_ms    INTEGER NOT NULL,
    refreshed_ms INTEGER NOT NULL,  -- when the topic was last given
    closed_ms    INTEGER,           -- NULL while open
    topic        TEXT    NOT NULL   -- a word of the flow, never the citizen's
) STRICT;

CREATE INDEX handoffs_contact ON handoffs (contact_id);
CREATE UNIQUE INDEX handoffs_open ON handoffs (contact_id) WHERE closed_ms IS NULL;
CREATE INDEX handoffs_closed ON handoffs (closed_ms) WHERE closed_ms IS NOT NULL;

-- What a session waits for at most.
CREATE TABLE timers (
    contact_id INTEGER PRIMARY KEY REFERENCES contacts (id),
    due_ms     INTEGER NOT NULL,
    wait_seq   INTEGER NOT NULL  -- the session's wait that it belongs to; a stale one does nothing
) STRICT;

CREATE INDEX timers_due ON timers (due_ms, contact_id);
