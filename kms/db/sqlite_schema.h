#pragma once

namespace kms::db {

// Times are milliseconds since 1970 UTC. Lists of texts (tags, aad) are blobs of hsm/base/codec.h.
inline constexpr const char* kSchema = R"sql(
CREATE TABLE IF NOT EXISTS kms_instance (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, account TEXT NOT NULL, created BIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS kms_identity (
  iam_id TEXT PRIMARY KEY, name TEXT NOT NULL, account TEXT NOT NULL, service INTEGER NOT NULL, created BIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS kms_grant (
  iam_id TEXT NOT NULL REFERENCES kms_identity(iam_id), instance TEXT NOT NULL REFERENCES kms_instance(id),
  role TEXT NOT NULL, PRIMARY KEY (iam_id, instance, role));
CREATE TABLE IF NOT EXISTS kms_api_key (
  id TEXT PRIMARY KEY, iam_id TEXT NOT NULL REFERENCES kms_identity(iam_id), salt BLOB NOT NULL, mac BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS kms_key (
  id TEXT PRIMARY KEY, instance TEXT NOT NULL REFERENCES kms_instance(id), crn TEXT NOT NULL, name TEXT NOT NULL,
  description TEXT NOT NULL, tags BLOB NOT NULL, ring TEXT NOT NULL, state INTEGER NOT NULL, extractable INTEGER NOT NULL,
  imported INTEGER NOT NULL, nonactive_reason INTEGER, created BIGINT NOT NULL, created_by TEXT NOT NULL, updated BIGINT,
  rotated BIGINT, state_changed BIGINT, expires BIGINT, deleted BIGINT, deleted_by TEXT NOT NULL,
  version_id TEXT, version_created BIGINT);
CREATE INDEX IF NOT EXISTS kms_key_instance ON kms_key (instance, id);
CREATE INDEX IF NOT EXISTS kms_key_expires ON kms_key (expires);
CREATE TABLE IF NOT EXISTS kms_version (
  id TEXT PRIMARY KEY, key_id TEXT NOT NULL REFERENCES kms_key(id), ordinal BIGINT NOT NULL, created BIGINT NOT NULL,
  UNIQUE (key_id, ordinal));
CREATE TABLE IF NOT EXISTS kms_alias (
  instance TEXT NOT NULL, alias TEXT NOT NULL, key_id TEXT NOT NULL REFERENCES kms_key(id), PRIMARY KEY (instance, alias));
CREATE INDEX IF NOT EXISTS kms_alias_key ON kms_alias (key_id);
CREATE TABLE IF NOT EXISTS kms_pending_object (object BLOB PRIMARY KEY, since BIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS kms_registration (
  key_id TEXT NOT NULL REFERENCES kms_key(id), resource TEXT NOT NULL, instance TEXT NOT NULL, description TEXT NOT NULL,
  metadata TEXT NOT NULL, prevent_key_deletion INTEGER NOT NULL, version_id TEXT NOT NULL, version_created BIGINT NOT NULL,
  wdek TEXT, aad BLOB NOT NULL, created BIGINT NOT NULL, created_by TEXT NOT NULL, updated BIGINT, updated_by TEXT NOT NULL,
  revision BIGINT NOT NULL, rewrap_failure TEXT NOT NULL, failed_target TEXT NOT NULL,
  PRIMARY KEY (key_id, resource));
CREATE INDEX IF NOT EXISTS kms_registration_instance ON kms_registration (instance, key_id, resource);
CREATE INDEX IF NOT EXISTS kms_registration_version ON kms_registration (key_id, version_id);
CREATE TABLE IF NOT EXISTS kms_rewrap_job (
  id TEXT PRIMARY KEY, instance TEXT NOT NULL, key_id TEXT NOT NULL REFERENCES kms_key(id), target TEXT NOT NULL,
  state TEXT NOT NULL, total BIGINT NOT NULL, done BIGINT NOT NULL, failed BIGINT NOT NULL, position TEXT NOT NULL,
  lease_owner TEXT NOT NULL, lease_until BIGINT, fence BIGINT NOT NULL, created BIGINT NOT NULL, finished BIGINT);
CREATE INDEX IF NOT EXISTS kms_rewrap_job_state ON kms_rewrap_job (state, created);
CREATE INDEX IF NOT EXISTS kms_rewrap_job_key ON kms_rewrap_job (key_id, created);
CREATE TABLE IF NOT EXISTS kms_import_token (
  instance TEXT PRIMARY KEY REFERENCES kms_instance(id), id TEXT NOT NULL, created BIGINT NOT NULL, expires BIGINT NOT NULL,
  expiration BIGINT NOT NULL, max_retrievals BIGINT NOT NULL, remaining BIGINT NOT NULL, object BLOB NOT NULL,
  public_key TEXT NOT NULL, nonce BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS kms_audit (
  sequence BIGINT PRIMARY KEY, previous BLOB NOT NULL, hash BLOB NOT NULL, events TEXT NOT NULL);
)sql";

}  // namespace kms::db
