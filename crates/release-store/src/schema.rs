//! The tables, as `migrations/` makes them.

use crate::column::{DbDoc, DbTime, DbUuid};

diesel::table! {
    use diesel::sql_types::*;
    use super::{DbDoc, DbTime, DbUuid};
    store_meta (name) {
        name -> Text,
        value -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::{DbDoc, DbTime, DbUuid};
    counters (name) {
        name -> Text,
        value -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::{DbDoc, DbTime, DbUuid};
    projects (id) {
        id -> DbUuid,
        key -> Text,
        search -> Text,
        version -> BigInt,
        doc -> DbDoc,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::{DbDoc, DbTime, DbUuid};
    environments (id) {
        id -> DbUuid,
        project_id -> DbUuid,
        key -> Text,
        search -> Text,
        version -> BigInt,
        doc -> DbDoc,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::{DbDoc, DbTime, DbUuid};
    policy_revisions (environment_id, number) {
        environment_id -> DbUuid,
        number -> Integer,
        doc -> DbDoc,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::{DbDoc, DbTime, DbUuid};
    services (id) {
        id -> DbUuid,
        project_id -> DbUuid,
        key -> Text,
        runtime_type -> Text,
        search -> Text,
        version -> BigInt,
        doc -> DbDoc,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::{DbDoc, DbTime, DbUuid};
    service_revisions (service_id, number) {
        service_id -> DbUuid,
        number -> Integer,
        doc -> DbDoc,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::{DbDoc, DbTime, DbUuid};
    targets (id) {
        id -> DbUuid,
        project_id -> DbUuid,
        environment_id -> DbUuid,
        key -> Text,
        runtime_type -> Text,
        search -> Text,
        version -> BigInt,
        doc -> DbDoc,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::{DbDoc, DbTime, DbUuid};
    freezes (id) {
        id -> DbUuid,
        ends_at -> Nullable<DbTime>,
        lifted_at -> Nullable<DbTime>,
        doc -> DbDoc,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::{DbDoc, DbTime, DbUuid};
    users (id) {
        id -> DbUuid,
        username -> Text,
        version -> BigInt,
        doc -> DbDoc,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::{DbDoc, DbTime, DbUuid};
    roles (id) {
        id -> DbUuid,
        key -> Text,
        doc -> DbDoc,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::{DbDoc, DbTime, DbUuid};
    grants (id) {
        id -> DbUuid,
        user_id -> Nullable<DbUuid>,
        role -> Text,
        project_id -> Nullable<DbUuid>,
        environment_id -> Nullable<DbUuid>,
        doc -> DbDoc,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::{DbDoc, DbTime, DbUuid};
    tokens (id) {
        id -> DbUuid,
        owner_id -> DbUuid,
        hash -> Text,
        last_used_at -> Nullable<DbTime>,
        doc -> DbDoc,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::{DbDoc, DbTime, DbUuid};
    sessions (id) {
        id -> DbUuid,
        user_id -> DbUuid,
        hash -> Text,
        last_seen_at -> DbTime,
        doc -> DbDoc,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::{DbDoc, DbTime, DbUuid};
    sign_in_failures (n) {
        n -> BigInt,
        username -> Text,
        address -> Text,
        at -> DbTime,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::{DbDoc, DbTime, DbUuid};
    release_numbers (project_id) {
        project_id -> DbUuid,
        last -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::{DbDoc, DbTime, DbUuid};
    releases (id) {
        id -> DbUuid,
        project_id -> DbUuid,
        number -> BigInt,
        service_id -> DbUuid,
        target_id -> DbUuid,
        environment_id -> DbUuid,
        runtime_type -> Text,
        state -> Nullable<Text>,
        raw_status -> Nullable<Text>,
        created_by -> DbUuid,
        channel -> Text,
        is_current -> Bool,
        created_at -> DbTime,
        search -> Text,
        version -> BigInt,
        doc -> DbDoc,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::{DbDoc, DbTime, DbUuid};
    previews (id) {
        id -> DbUuid,
        release_id -> DbUuid,
        kind -> Text,
        token_hash -> Text,
        issued_at -> DbTime,
        expires_at -> DbTime,
        consumed_at -> Nullable<DbTime>,
        doc -> DbDoc,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::{DbDoc, DbTime, DbUuid};
    preview_bodies (preview_id) {
        preview_id -> DbUuid,
        release_id -> DbUuid,
        doc -> DbDoc,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::{DbDoc, DbTime, DbUuid};
    tickets (id) {
        id -> DbUuid,
        release_id -> DbUuid,
        purpose -> Text,
        status -> Text,
        project_id -> DbUuid,
        environment_id -> DbUuid,
        requested_by -> DbUuid,
        expires_at -> Nullable<DbTime>,
        doc -> DbDoc,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::{DbDoc, DbTime, DbUuid};
    executions (id) {
        id -> DbUuid,
        release_id -> DbUuid,
        service_id -> DbUuid,
        target_id -> DbUuid,
        kind -> Text,
        epoch -> BigInt,
        lease_holder -> Nullable<Text>,
        lease_until -> Nullable<DbTime>,
        cancel_requested -> Bool,
        wrote -> Bool,
        queued_at -> DbTime,
        started_at -> Nullable<DbTime>,
        progress_at -> DbTime,
        outcome -> Nullable<Text>,
        ended_at -> Nullable<DbTime>,
        doc -> DbDoc,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::{DbDoc, DbTime, DbUuid};
    object_states (execution_id, key) {
        execution_id -> DbUuid,
        key -> Text,
        doc -> DbDoc,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::{DbDoc, DbTime, DbUuid};
    diagnostics (n) {
        n -> BigInt,
        release_id -> DbUuid,
        execution_id -> Nullable<DbUuid>,
        doc -> DbDoc,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::{DbDoc, DbTime, DbUuid};
    holds (target_id, service_id) {
        target_id -> DbUuid,
        service_id -> DbUuid,
        release_id -> DbUuid,
        since -> DbTime,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::{DbDoc, DbTime, DbUuid};
    timeline (seq) {
        seq -> BigInt,
        release_id -> Nullable<DbUuid>,
        release_seq -> Nullable<BigInt>,
        event_type -> Text,
        occurred_at -> DbTime,
        actor_id -> DbUuid,
        channel -> Text,
        correlation_id -> Nullable<DbUuid>,
        project_id -> Nullable<DbUuid>,
        environment_id -> Nullable<DbUuid>,
        service_id -> Nullable<DbUuid>,
        target_id -> Nullable<DbUuid>,
        about_release_id -> Nullable<DbUuid>,
        hash -> Binary,
        doc -> DbDoc,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::{DbDoc, DbTime, DbUuid};
    idempotency_keys (actor_id, key) {
        actor_id -> DbUuid,
        key -> Text,
        fingerprint -> Binary,
        reserved_at -> DbTime,
        answer -> Nullable<DbDoc>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::{DbDoc, DbTime, DbUuid};
    watches (target_id) {
        target_id -> DbUuid,
        epoch -> BigInt,
        lease_holder -> Nullable<Text>,
        lease_until -> Nullable<DbTime>,
        health_at -> DbTime,
        drift_at -> DbTime,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::{DbDoc, DbTime, DbUuid};
    observations (target_id, service_id) {
        target_id -> DbUuid,
        service_id -> DbUuid,
        version -> BigInt,
        stands -> Bool,
        doc -> Nullable<DbDoc>,
        objects -> Nullable<DbDoc>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::{DbDoc, DbTime, DbUuid};
    assistant_sessions (id) {
        id -> DbUuid,
        owner_id -> DbUuid,
        title -> Text,
        created_at -> DbTime,
        updated_at -> DbTime,
        turn_id -> Nullable<DbUuid>,
        turn_until -> Nullable<DbTime>,
        tokens -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::{DbDoc, DbTime, DbUuid};
    assistant_entries (session_id, number) {
        session_id -> DbUuid,
        number -> Integer,
        doc -> DbDoc,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::{DbDoc, DbTime, DbUuid};
    assistant_confirmations (id) {
        id -> DbUuid,
        session_id -> DbUuid,
        doc -> DbDoc,
        answer -> Nullable<Text>,
        settled_at -> Nullable<DbTime>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::{DbDoc, DbTime, DbUuid};
    assistant_tokens (owner_id, day) {
        owner_id -> DbUuid,
        day -> Integer,
        tokens -> BigInt,
    }
}

diesel::joinable!(tickets -> releases (release_id));
diesel::joinable!(previews -> releases (release_id));
diesel::joinable!(releases -> environments (environment_id));
diesel::joinable!(releases -> targets (target_id));
diesel::joinable!(tokens -> users (owner_id));
diesel::joinable!(sessions -> users (user_id));
diesel::allow_tables_to_appear_in_same_query!(
    store_meta,
    counters,
    projects,
    environments,
    policy_revisions,
    services,
    service_revisions,
    targets,
    freezes,
    users,
    roles,
    grants,
    tokens,
    sessions,
    sign_in_failures,
    release_numbers,
    releases,
    previews,
    preview_bodies,
    tickets,
    executions,
    object_states,
    diagnostics,
    holds,
    timeline,
    idempotency_keys,
    watches,
    observations,
    assistant_sessions,
    assistant_entries,
    assistant_confirmations,
    assistant_tokens,
);
diesel::allow_columns_to_appear_in_same_group_by_clause!(
    releases::project_id,
    releases::environment_id,
    executions::kind,
    executions::outcome,
);
