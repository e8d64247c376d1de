//! The assistant's sessions: their person's own, settled once, one turn at a time.

use super::steps::{at_once, save, save_with};
use crate::fixtures;
use release_domain::assistant::{
    Answer, AssistantEntry, AssistantSession, Card, Confirmation, EntryContent, Link, LinkKind, Settled, Speaker, Spent,
};
use release_domain::ids::{AssistantSessionId, UserId};
use release_domain::plan::Action;
use release_domain::ports::{Deletion, Page, Store, Write};
use release_domain::secret::Sealed;
use serde_json::json;
use uuid::Uuid;

async fn person(store: &dyn Store, name: &str) -> UserId {
    let user = fixtures::user(name);
    save(store, vec![Write::User(user.clone())]).await;
    user.id
}

fn session_of(owner: UserId) -> AssistantSession {
    AssistantSession {
        id: fixtures::id(),
        owner,
        title: String::new(),
        created_at: fixtures::at(0),
        updated_at: fixtures::at(0),
    }
}

async fn begun(store: &dyn Store, owner: UserId) -> AssistantSession {
    let session = session_of(owner);
    store.begin_assistant_session(&session).await.expect("begun");
    session
}

fn said(text: &str) -> EntryContent {
    EntryContent::Message {
        from: Speaker::Person,
        text: text.into(),
    }
}

fn confirmation(session: AssistantSessionId) -> Confirmation {
    Confirmation {
        id: fixtures::id(),
        session,
        tool: "apply_release".into(),
        arguments: json!({"reason": "because"}),
        release: fixtures::id(),
        plan_hash: Some(fixtures::hash("plan")),
        token: Some(Sealed("c2VhbGVk".into())),
        expires_at: fixtures::at(1_800),
        settled: None,
    }
}

/// The entry that asks for a confirmation.
fn card(confirmation: &Confirmation) -> EntryContent {
    EntryContent::ConfirmationRequired(Card {
        confirmation_id: confirmation.id,
        tool: confirmation.tool.clone(),
        arguments: confirmation.arguments.clone(),
        release_id: confirmation.release,
        release_number: 7,
        plan_hash: confirmation.plan_hash,
        objects: vec![release_domain::assistant::CardObject {
            key: "service/web".into(),
            action: Action::Update,
        }],
        allowed: false,
        reasons: json!([{"code": "frozen"}]),
        expires_at: confirmation.expires_at,
    })
}

async fn asked(store: &dyn Store, session: AssistantSessionId) -> Confirmation {
    let asked = confirmation(session);
    let number = store
        .add_assistant_entry(session, fixtures::at(1), &card(&asked), Some(&asked))
        .await;
    assert!(number.expect("an answer").is_some());
    asked
}

pub async fn an_assistant_session_reads_as_it_was_begun_and_named(store: &dyn Store) {
    let session = begun(store, person(store, "ada").await).await;
    assert_eq!(store.assistant_session(session.id).await, Ok(Some(session.clone())));
    store
        .name_assistant_session(session.id, "Release web 2")
        .await
        .expect("named");
    let named = AssistantSession {
        title: "Release web 2".into(),
        ..session
    };
    assert_eq!(store.assistant_session(named.id).await, Ok(Some(named)));
    assert_eq!(store.assistant_session(fixtures::id()).await, Ok(None));
}

pub async fn assistant_sessions_are_one_persons_newest_first_in_pages(store: &dyn Store) {
    let (ada, bob) = (person(store, "ada").await, person(store, "bob").await);
    let mut own = Vec::new();
    for _ in 0..5 {
        own.push(begun(store, ada).await);
        begun(store, bob).await;
    }
    own.reverse();
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = store
            .assistant_sessions(ada, Page { limit: 2, after })
            .await
            .expect("a page");
        found.extend(page.items);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(found, own);
}

pub async fn entries_come_as_they_were_added_in_order(store: &dyn Store) {
    let session = begun(store, person(store, "ada").await).await;
    let asked = confirmation(session.id);
    let link = Link {
        kind: LinkKind::Release,
        id: asked.release.0,
    };
    let contents = [
        said("发布 \"web\" <b>2</b>\u{1F600}"),
        EntryContent::ToolCall {
            id: Uuid::nil(),
            tool: "get_release".into(),
            arguments: json!({"release_id": "x", "n": [1, null, true]}),
        },
        EntryContent::ToolResult {
            id: Uuid::nil(),
            ok: true,
            summary: "done".into(),
            links: vec![link],
            problem: None,
        },
        card(&asked),
        EntryContent::Failed {
            problem: json!({"code": "unavailable"}),
        },
    ];
    let mut expected = Vec::new();
    for (number, content) in (1..).zip(contents) {
        let at = fixtures::at(i64::from(number));
        let added = store.add_assistant_entry(session.id, at, &content, None).await;
        assert_eq!(added, Ok(Some(number)));
        expected.push(AssistantEntry { number, at, content });
    }
    assert_eq!(store.assistant_entries(session.id).await, Ok(expected));
    let read = store
        .assistant_session(session.id)
        .await
        .expect("an answer")
        .expect("there");
    assert_eq!(read.updated_at, fixtures::at(5));
    let gone = store
        .add_assistant_entry(fixtures::id(), fixtures::at(1), &said("x"), None)
        .await;
    assert_eq!(gone, Ok(None));
}

pub async fn entries_added_at_once_get_numbers_of_their_own(store: &dyn Store) {
    let session = begun(store, person(store, "ada").await).await;
    let content = said("x");
    let adding = (0..16).map(|_| store.add_assistant_entry(session.id, fixtures::at(1), &content, None));
    let mut numbers: Vec<_> = at_once(adding)
        .await
        .into_iter()
        .map(|added| added.expect("an answer").expect("a number"))
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=16).collect::<Vec<_>>());
}

pub async fn a_confirmation_reads_as_it_was_asked_and_settled(store: &dyn Store) {
    let session = begun(store, person(store, "ada").await).await;
    let asked = asked(store, session.id).await;
    assert_eq!(store.confirmation(asked.id).await, Ok(Some(asked.clone())));
    assert_eq!(store.confirmations(session.id).await, Ok(vec![asked.clone()]));
    let settled = Settled {
        answer: Answer::Declined,
        at: fixtures::at(9),
    };
    assert_eq!(store.settle_confirmation(asked.id, settled).await, Ok(true));
    let ended = Confirmation {
        settled: Some(settled),
        ..asked
    };
    assert_eq!(store.confirmation(ended.id).await, Ok(Some(ended.clone())));
    assert_eq!(store.confirmations(session.id).await, Ok(vec![ended]));
    assert_eq!(store.settle_confirmation(fixtures::id(), settled).await, Ok(false));
}

pub async fn a_confirmation_is_settled_once_whoever_tries(store: &dyn Store) {
    let session = begun(store, person(store, "ada").await).await;
    let asked = asked(store, session.id).await;
    let settled = Settled {
        answer: Answer::Accepted,
        at: fixtures::at(9),
    };
    let tries = at_once((0..16).map(|_| store.settle_confirmation(asked.id, settled))).await;
    let won = tries
        .into_iter()
        .filter(|tried| *tried.as_ref().expect("an answer"))
        .count();
    assert_eq!(won, 1);
}

pub async fn a_session_has_one_turn_until_it_ends_or_lapses(store: &dyn Store) {
    let session = begun(store, person(store, "ada").await).await;
    let (one, two): (Uuid, Uuid) = (fixtures::id(), fixtures::id());
    let claim = |turn, now| store.claim_turn(session.id, turn, fixtures::at(now), fixtures::at(now + 60));
    assert_eq!(claim(one, 0).await, Ok(true));
    assert_eq!(claim(two, 59).await, Ok(false));
    assert_eq!(store.holds_turn(session.id, one).await, Ok(true));
    assert_eq!(store.holds_turn(session.id, two).await, Ok(false));
    assert_eq!(claim(two, 60).await, Ok(true));
    assert_eq!(store.holds_turn(session.id, one).await, Ok(false));
    store.end_turn(session.id).await.expect("ended");
    assert_eq!(store.holds_turn(session.id, two).await, Ok(false));
    let turns: Vec<Uuid> = (0..16).map(|_| fixtures::id()).collect();
    let claims = at_once(turns.iter().map(|turn| claim(*turn, 70))).await;
    assert_eq!(claims.into_iter().filter(|claimed| *claimed == Ok(true)).count(), 1);
    let nowhere = store
        .claim_turn(fixtures::id(), one, fixtures::at(0), fixtures::at(1))
        .await;
    assert_eq!(nowhere, Ok(false));
}

pub async fn tokens_add_up_by_session_and_by_person_and_day(store: &dyn Store) {
    let (ada, bob) = (person(store, "ada").await, person(store, "bob").await);
    let (first, second, other) = (
        begun(store, ada).await,
        begun(store, ada).await,
        begun(store, bob).await,
    );
    let spent = |in_session, in_day| Ok(Spent { in_session, in_day });
    assert_eq!(store.spend_tokens(first.id, 20_000, 10).await, spent(10, 10));
    assert_eq!(store.spend_tokens(second.id, 20_000, 5).await, spent(5, 15));
    assert_eq!(store.spend_tokens(first.id, 20_001, 1).await, spent(11, 1));
    assert_eq!(store.spend_tokens(other.id, 20_000, 2).await, spent(2, 2));
    store.delete_assistant_session(second.id).await.expect("deleted");
    assert_eq!(store.spent_tokens(first.id, 20_000).await, spent(11, 15));
    assert_eq!(store.spent_tokens(first.id, 30_000).await, spent(11, 0));
    assert_eq!(store.spend_tokens(second.id, 20_000, 5).await, spent(0, 0));
}

pub async fn a_deleted_session_goes_with_all_that_is_its_own(store: &dyn Store) {
    let project = fixtures::project("shop");
    let event = fixtures::event_of_project(project.id, "created");
    save_with(store, vec![Write::Project(project)], vec![event]).await;
    let owner = person(store, "ada").await;
    let (gone, kept) = (begun(store, owner).await, begun(store, owner).await);
    let (its_own, other) = (asked(store, gone.id).await, asked(store, kept.id).await);
    let head = store.head().await;
    store.delete_assistant_session(gone.id).await.expect("deleted");
    store
        .delete_assistant_session(gone.id)
        .await
        .expect("nothing to delete");
    assert_eq!(store.assistant_session(gone.id).await, Ok(None));
    assert_eq!(store.assistant_entries(gone.id).await, Ok(Vec::new()));
    assert_eq!(store.confirmation(its_own.id).await, Ok(None));
    assert_eq!(store.confirmation(other.id).await, Ok(Some(other)));
    assert_eq!(store.head().await, head);
}

pub async fn a_deleted_user_takes_assistant_sessions_along(store: &dyn Store) {
    let owner = person(store, "ada").await;
    let session = begun(store, owner).await;
    let asked = asked(store, session.id).await;
    store.spend_tokens(session.id, 20_000, 10).await.expect("spent");
    save(store, vec![Write::Delete(Deletion::User(owner))]).await;
    assert_eq!(store.assistant_session(session.id).await, Ok(None));
    assert_eq!(store.confirmation(asked.id).await, Ok(None));
}
