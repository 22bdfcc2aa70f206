#include "kms/db/sqlite_change.h"

namespace kms::db {
namespace {

constexpr auto kInsert =
    "INSERT INTO kms_rewrap_job (id, instance, key_id, target, state, total, done, failed, position, lease_owner, "
    "lease_until, fence, created, finished) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
constexpr auto kEnd =
    "UPDATE kms_rewrap_job SET state = ?2, finished = ?3, lease_owner = '', lease_until = NULL, fence = fence + 1 "
    "WHERE key_id = ?1 AND state IN ('pending', 'running')";
constexpr auto kOpen = "SELECT " KM_JOB_COLUMNS
                       " FROM kms_rewrap_job j WHERE j.key_id = ?1 AND j.state IN ('pending', 'running')";
// A suspended key re-wraps nothing: its job waits until the key is enabled.
constexpr auto kFree = "SELECT " KM_JOB_COLUMNS
                       " FROM kms_rewrap_job j JOIN kms_key k ON k.id = j.key_id WHERE j.state IN ('pending', 'running') "
                       "AND (j.lease_until IS NULL OR j.lease_until <= ?1) AND k.state IN (1, 3) ORDER BY j.created LIMIT 1";
constexpr auto kTake =
    "UPDATE kms_rewrap_job SET state = 'running', lease_owner = ?2, lease_until = ?3, fence = fence + 1 WHERE id = ?1";
constexpr auto kSave =
    "UPDATE kms_rewrap_job SET state = ?3, total = ?4, done = ?5, failed = ?6, position = ?7, lease_owner = ?8, "
    "lease_until = ?9, finished = ?10 WHERE id = ?1 AND fence = ?2";
constexpr auto kHead = "SELECT sequence, previous, hash, events FROM kms_audit ORDER BY sequence DESC LIMIT 1";
constexpr auto kAppend = "INSERT INTO kms_audit (sequence, previous, hash, events) VALUES (?1, ?2, ?3, ?4)";

JobState state_named(std::string_view name) {
  for (const auto state : {JobState::pending, JobState::running, JobState::done, JobState::superseded}) {
    if (name_of(state) == name) return state;
  }
  return JobState::cancelled;
}

}  // namespace

RewrapJob job_from(const hsm::sqlite::Statement& row) {
  RewrapJob job;
  job.id = row.text(0);
  job.instance = row.text(1);
  job.key = row.text(2);
  job.target = row.text(3);
  job.state = state_named(row.text(4));
  job.total = count_at(row, 5);
  job.done = count_at(row, 6);
  job.failed = count_at(row, 7);
  job.cursor = row.text(8);
  job.lease_owner = row.text(9);
  job.lease_until = maybe_time(row, 10);
  job.fence = count_at(row, 11);
  job.created = time_at(row.integer(12));
  job.finished = maybe_time(row, 13);
  return job;
}

void SqliteChange::insert_job(const RewrapJob& job) {
  connection_.run(kInsert, job.id, job.instance, job.key, job.target, name_of(job.state), job.total, job.done,
                  job.failed, job.cursor, job.lease_owner, ms(job.lease_until), job.fence, ms(job.created),
                  ms(job.finished));
}

void SqliteChange::end_jobs(const std::string& key, JobState state, Time now) {
  connection_.run(kEnd, key, name_of(state), ms(now));
}

std::optional<RewrapJob> SqliteChange::open_job(const std::string& key) {
  auto row = connection_.query(kOpen, key);
  if (!row->step()) return std::nullopt;
  return job_from(*row);
}

std::optional<RewrapJob> SqliteChange::lease_job(const std::string& owner, Time now, Time until) {
  std::optional<RewrapJob> job;
  {
    auto row = connection_.query(kFree, ms(now));
    if (row->step()) job = job_from(*row);
  }
  if (!job) return std::nullopt;
  connection_.run(kTake, job->id, owner, ms(until));
  job->state = JobState::running;
  job->lease_owner = owner;
  job->lease_until = until;
  ++job->fence;
  return job;
}

bool SqliteChange::save_job(const RewrapJob& job) {
  return connection_.run(kSave, job.id, job.fence, name_of(job.state), job.total, job.done, job.failed, job.cursor,
                         job.lease_owner, ms(job.lease_until), ms(job.finished)) == 1;
}

AuditLine SqliteChange::audit_head() {
  auto row = connection_.query(kHead);
  if (!row->step()) return {0, {}, Bytes(32), {}};
  return {count_at(*row, 0), hsm::bytes_of(row->blob(1)), hsm::bytes_of(row->blob(2)), row->text(3)};
}

void SqliteChange::append_audit(const AuditLine& line) {
  connection_.run(kAppend, line.sequence, line.previous, line.hash, line.events);
}

}  // namespace kms::db
