//! One release and what belongs to it.

use super::steps::{at_once, drafted, running, save, save_release, seeded, sorted, start};
use crate::fixtures;
use release_domain::access::User;
use release_domain::approval::{ApprovalDecision, TicketPurpose, Verdict};
use release_domain::execution::{ExecutionKind, ExecutionOutcome, ExecutionSummary};
use release_domain::freeze::{Freeze, FreezeScope};
use release_domain::lifecycle::{FailReason, Lifecycle};
use release_domain::ports::{Store, Write};
use release_domain::preview::{Preview, PreviewKind, RollbackTo};
use release_domain::release::{BreakGlass, Release, VariableValue};
use release_domain::secret::Sealed;

pub async fn a_release_reads_as_it_was_saved(store: &dyn Store) {
    let (_, release) = drafted(store, "a").await;
    assert_eq!(store.release(release.id).await, Ok(Some(release.clone())));
    let mut edited = fixtures::next_version(&release);
    edited.draft.number = 2;
    edited.draft.reason = None;
    let sealed = VariableValue::Secret {
        sealed: Sealed("c2VhbGVk".into()),
    };
    edited.draft.variables.insert("PASSWORD".into(), sealed);
    save_release(store, &edited).await;
    assert_eq!(store.release(release.id).await, Ok(Some(edited)));
}

pub async fn a_release_with_everything_reads_as_it_was_saved(store: &dyn Store) {
    let (_, draft) = drafted(store, "a").await;
    let mut ticket = fixtures::ticket(TicketPurpose::Apply, Some(60));
    ticket.decisions.push(ApprovalDecision {
        approver: fixtures::user("approver").actor(),
        decision: Verdict::Approved,
        comment: Some("fine".into()),
        at: fixtures::at(5),
        channel: release_domain::actor::Channel::Ui,
        roles: vec![release_domain::access::RoleKey("approver".into())],
        own: false,
        responsible: std::collections::BTreeSet::from([fixtures::id()]),
    });
    let review = fixtures::ticket(TicketPurpose::BreakGlassReview, None);
    let whole = Release {
        lifecycle: Lifecycle::Failed {
            reason: FailReason::LiveStateDrifted,
        },
        apply_preview: Some(fixtures::preview(&draft, PreviewKind::Apply, "one")),
        rollback_preview: Some(Preview {
            to: Some(RollbackTo::Uninstall),
            ..fixtures::preview(&draft, PreviewKind::Rollback, "two")
        }),
        approved_plan: Some(fixtures::hash("plan")),
        break_glass: Some(BreakGlass {
            by: fixtures::user("operator").actor(),
            at: fixtures::at(6),
            reason: "an outage".into(),
            review_ticket_id: review.id,
        }),
        ticket: Some(ticket),
        review: Some(review),
        returns_to: Some(fixtures::id()),
        rolled_back_to: Some(RollbackTo::Release(fixtures::id())),
        executions: vec![ExecutionSummary {
            id: fixtures::id(),
            kind: ExecutionKind::Apply,
            preview_id: fixtures::id(),
            outcome: Some(ExecutionOutcome::Failed),
            started_at: fixtures::at(7),
            ended_at: Some(fixtures::at(8)),
        }],
        applied_at: Some(fixtures::at(8)),
        apply_ended_at: Some(fixtures::at(8)),
        ..fixtures::next_version(&draft)
    };
    save_release(store, &whole).await;
    assert_eq!(store.release(draft.id).await, Ok(Some(whole)));
}

pub async fn text_of_any_kind_comes_back_unchanged(store: &dyn Store) {
    let place = seeded(store, "a").await;
    let texts = [
        "",
        "a\u{0}b",
        "line\nline\ttab\r\n",
        "quote ' double \" back \\ slash",
        "{\"json\": [1, 2.50, 1e3]}",
        "ünï ✓ 𝄞 \u{202e}",
        "$1 ? :name %s %% _",
    ];
    for (number, text) in (1..).zip(texts) {
        let mut release = place.release(number);
        release.draft.reason = Some(text.to_owned());
        release.draft.annotations.insert(text.to_owned(), text.to_owned());
        save_release(store, &release).await;
        assert_eq!(store.release(release.id).await, Ok(Some(release)), "{text:?}");
    }
}

pub async fn numbers_are_given_once_even_at_once(store: &dyn Store) {
    let place = seeded(store, "a").await;
    let other = seeded(store, "b").await;
    assert_eq!(store.next_number(place.project.id).await, Ok(1));
    let given = at_once((0..20).map(|_| store.next_number(place.project.id))).await;
    let given = sorted(given.into_iter().map(|number| number.expect("a number")));
    assert_eq!(given, (2..=21).collect::<Vec<_>>());
    assert_eq!(store.next_number(other.project.id).await, Ok(1));
    assert_eq!(
        store.next_numbers(other.project.id, 5).await,
        Ok(2),
        "the first of five"
    );
    assert_eq!(store.next_number(other.project.id).await, Ok(7));
}

pub async fn a_dossier_holds_everything_a_decision_rests_on(store: &dyn Store) {
    let (place, first) = drafted(store, "a").await;
    let (_, execution) = start(store, &first).await;
    let second = place.release(2);
    let ended = Write::EndExecution {
        id: execution.id,
        outcome: ExecutionOutcome::Succeeded,
        at: fixtures::at(5),
    };
    let current = Write::Current {
        service: place.service.id,
        target: place.target.id,
        release: Some(first.id),
    };
    let hold = fixtures::hold(&first);
    let standing = fixtures::freeze(FreezeScope::Everything);
    let over = Freeze {
        ends_at: Some(fixtures::at(1)),
        ..fixtures::freeze(FreezeScope::Everything)
    };
    save(
        store,
        vec![
            Write::Release(Box::new(second.clone())),
            ended,
            current,
            Write::Hold(hold.clone()),
            Write::Freeze(standing.clone()),
            Write::Freeze(over),
        ],
    )
    .await;
    let (started, _) = start(store, &second).await;
    // Another service on the same target says nothing about this one.
    let mut beside = fixtures::place_in(&place.project, place.environment.kind, "beside");
    beside.target = place.target.clone();
    beside.environment = place.environment.clone();
    save(store, vec![Write::Service(beside.service.clone())]).await;
    let bystander = beside.release(3);
    save_release(store, &bystander).await;
    start(store, &bystander).await;

    let dossier = store
        .dossier(second.id, fixtures::at(10))
        .await
        .expect("an answer")
        .expect("a dossier");
    assert_eq!(dossier.release, started);
    assert_eq!(dossier.environment, place.environment);
    assert_eq!(dossier.target, place.target);
    assert_eq!(dossier.freezes, [standing]);
    assert_eq!(dossier.hold, Some(hold));
    assert_eq!(dossier.running, Some(second.id));
    assert_eq!(dossier.current, Some(first.id));
    assert_eq!(dossier.last_attempt, Some(second.id));
    assert_eq!(Ok(dossier.policy_version), store.policy_version().await);

    let bare = store
        .dossier(bystander.id, fixtures::at(10))
        .await
        .expect("an answer")
        .expect("a dossier");
    assert_eq!(
        (bare.hold, bare.current, bare.running),
        (None, None, Some(bystander.id))
    );
}

pub async fn dossiers_of_many_are_those_of_each(store: &dyn Store) {
    let (place, first) = drafted(store, "a").await;
    start(store, &first).await;
    let second = place.release(2);
    save_release(store, &second).await;
    let (_, elsewhere) = drafted(store, "b").await;
    let now = fixtures::at(10);
    let asked = [elsewhere.id, fixtures::id(), first.id, second.id];
    let mut found = store.dossiers(&asked, now).await.expect("an answer");
    found.sort_by_key(|dossier| dossier.release.id);
    let mut each = Vec::new();
    for id in sorted([first.id, second.id, elsewhere.id]) {
        each.extend(store.dossier(id, now).await.expect("an answer"));
    }
    assert_eq!(found, each);
    assert_eq!(store.dossiers(&[], now).await, Ok(Vec::new()));
}

pub async fn a_dossier_follows_every_change_of_what_it_holds(store: &dyn Store) {
    let (place, release) = drafted(store, "a").await;
    let look = async || {
        let found = store.dossier(release.id, fixtures::at(10)).await;
        found.expect("an answer").expect("a dossier")
    };
    let before = look().await;
    assert_eq!(look().await, before, "nothing happened");
    let freeze = Freeze {
        ends_at: Some(fixtures::at(20)),
        ..fixtures::freeze(FreezeScope::Everything)
    };
    save(store, vec![Write::Freeze(freeze.clone())]).await;
    assert_eq!(look().await.freezes, std::slice::from_ref(&freeze));
    // Time alone moves it too, in either direction.
    let at = async |secs| {
        let found = store.dossier(release.id, fixtures::at(secs)).await;
        found.expect("an answer").expect("a dossier").freezes
    };
    assert_eq!(at(30).await, []);
    assert_eq!(at(10).await, [freeze]);
    let mut target = place.target.clone();
    target.name = "renamed".into();
    target.version += 1;
    save(store, vec![Write::Target(target.clone())]).await;
    assert_eq!(look().await.target, target);
    let edited = fixtures::next_version(&release);
    save_release(store, &edited).await;
    assert_eq!(look().await.release, edited);
    let (started, execution) = start(store, &edited).await;
    assert_eq!(
        (look().await.release, look().await.running),
        (started, Some(release.id))
    );
    let end = Write::EndExecution {
        id: execution.id,
        outcome: ExecutionOutcome::Succeeded,
        at: fixtures::at(5),
    };
    save(store, vec![end]).await;
    assert_eq!(look().await.running, None);
}

pub async fn a_dossier_of_nothing_is_none(store: &dyn Store) {
    assert_eq!(store.dossier(fixtures::id(), fixtures::now()).await, Ok(None));
    let (_, release) = drafted(store, "a").await;
    let dossier = store
        .dossier(release.id, fixtures::now())
        .await
        .expect("an answer")
        .expect("a dossier");
    assert_eq!(
        (dossier.running, dossier.current, dossier.last_attempt),
        (None, None, None)
    );
    assert_eq!((dossier.hold, dossier.freezes), (None, Vec::new()));
}

pub async fn the_last_attempt_is_the_last_apply_that_started(store: &dyn Store) {
    let (place, first, execution) = running(store, "a").await;
    let end = |id, secs| Write::EndExecution {
        id,
        outcome: ExecutionOutcome::Failed,
        at: fixtures::at(secs),
    };
    save(store, vec![end(execution.id, 1)]).await;
    let second = place.release(2);
    save_release(store, &second).await;
    let mut apply = fixtures::execution(&second);
    apply.queued_at = fixtures::at(2);
    save(
        store,
        vec![Write::StartExecution(Box::new(apply.clone())), end(apply.id, 3)],
    )
    .await;
    // A rollback is no attempt.
    let mut rollback = fixtures::execution(&first);
    rollback.kind = ExecutionKind::Rollback;
    rollback.queued_at = fixtures::at(4);
    save(store, vec![Write::StartExecution(Box::new(rollback))]).await;
    let dossier = store
        .dossier(first.id, fixtures::at(10))
        .await
        .expect("an answer")
        .expect("a dossier");
    assert_eq!(dossier.last_attempt, Some(second.id));
    assert_eq!(dossier.running, Some(first.id));
}

pub async fn a_token_leads_to_its_preview_even_when_superseded(store: &dyn Store) {
    let (_, draft) = drafted(store, "a").await;
    let one = fixtures::with_preview(&draft, "one");
    save_release(store, &one).await;
    let two = fixtures::with_preview(&one, "two");
    save_release(store, &two).await;
    for (secret, release) in [("one", &one), ("two", &two)] {
        let expected = release.apply_preview.clone().map(|preview| (preview, draft.id));
        assert_eq!(
            store.preview_by_token(&fixtures::hash(secret).to_string()).await,
            Ok(expected)
        );
    }
}

pub async fn a_consumed_preview_says_so(store: &dyn Store) {
    let (_, draft) = drafted(store, "a").await;
    let mut release = fixtures::with_preview(&draft, "one");
    save_release(store, &release).await;
    release.version += 1;
    if let Some(preview) = &mut release.apply_preview {
        preview.consumed_at = Some(fixtures::at(9));
    }
    save_release(store, &release).await;
    let found = store
        .preview_by_token(&fixtures::hash("one").to_string())
        .await
        .expect("an answer");
    assert_eq!(
        found.and_then(|(preview, _)| preview.consumed_at),
        Some(fixtures::at(9))
    );
}

pub async fn a_preview_body_reads_as_it_was_saved(store: &dyn Store) {
    let (_, draft) = drafted(store, "a").await;
    let release = fixtures::with_preview(&draft, "one");
    let preview = release.apply_preview.clone().expect("a preview");
    let body = fixtures::preview_body(&release, &preview);
    // In either order: the body may come before the release that names it.
    let writes = vec![
        Write::PreviewBody(Box::new(body.clone())),
        Write::Release(Box::new(release)),
    ];
    save(store, writes).await;
    assert_eq!(store.preview_body(preview.id).await, Ok(Some(body)));
}

pub async fn diagnostics_come_newest_execution_first(store: &dyn Store) {
    let (place, release, older) = running(store, "a").await;
    let (a, b, c, d) = (
        fixtures::diagnostic("a"),
        fixtures::diagnostic("b"),
        fixtures::diagnostic("c"),
        fixtures::diagnostic("d"),
    );
    let record = |execution, items: Vec<_>| Write::Diagnostics {
        release: release.id,
        execution: Some(execution),
        items,
    };
    // Collected in an order of their own, which stays.
    save(store, vec![record(older.id, vec![b.clone(), a.clone()])]).await;
    let end = Write::EndExecution {
        id: older.id,
        outcome: ExecutionOutcome::Failed,
        at: fixtures::at(1),
    };
    let newer = fixtures::execution(&release);
    save(store, vec![end, Write::StartExecution(Box::new(newer.clone()))]).await;
    save(
        store,
        vec![record(newer.id, vec![d.clone()]), record(newer.id, vec![c.clone()])],
    )
    .await;
    assert_eq!(store.diagnostics(release.id).await, Ok(vec![d, c, b, a]));
    let other = place.release(2);
    save_release(store, &other).await;
    assert_eq!(store.diagnostics(other.id).await, Ok(Vec::new()));
}

fn by(place: &fixtures::Place, number: u64, creator: &User) -> Release {
    place.release_by(number, creator)
}

pub async fn the_current_flag_moves_and_goes(store: &dyn Store) {
    let (place, first) = drafted(store, "a").await;
    let second = by(&place, 2, &fixtures::user("b"));
    save_release(store, &second).await;
    let current = |release| Write::Current {
        service: place.service.id,
        target: place.target.id,
        release,
    };
    let flags = || async {
        let [a, b] = [first.id, second.id].map(|id| async move {
            store
                .release(id)
                .await
                .expect("an answer")
                .expect("a release")
                .is_current
        });
        (a.await, b.await)
    };
    assert_eq!(flags().await, (false, false));
    save(store, vec![current(Some(first.id))]).await;
    assert_eq!(flags().await, (true, false));
    save(store, vec![current(Some(second.id))]).await;
    assert_eq!(flags().await, (false, true));
    save(store, vec![current(Some(second.id))]).await;
    assert_eq!(flags().await, (false, true));
    save(store, vec![current(None)]).await;
    assert_eq!(flags().await, (false, false));
}

pub async fn saving_a_release_leaves_the_current_flag_alone(store: &dyn Store) {
    let (place, release) = drafted(store, "a").await;
    let current = Write::Current {
        service: place.service.id,
        target: place.target.id,
        release: Some(release.id),
    };
    save(store, vec![current]).await;
    let changed = Release {
        is_current: false,
        ..fixtures::next_version(&release)
    };
    save_release(store, &changed).await;
    let found = store.release(release.id).await.expect("an answer").expect("a release");
    assert_eq!((found.version, found.is_current), (2, true));
}
