use super::*;
use proptest::prelude::*;

fn intent(text: &str) -> Intent {
    read(text).unwrap_or_else(|misread| panic!("{text}: {misread:?}"))
}

fn number_of(text: &str) -> u64 {
    match intent(text) {
        Intent::Preview(n)
        | Intent::Plan(n)
        | Intent::Submit(n)
        | Intent::Apply(n)
        | Intent::Cancel(n)
        | Intent::Timeline(n)
        | Intent::Why(n)
        | Intent::Rollback(Rollback::Release(n))
        | Intent::Status(Some(Subject::Release(n))) => n.number,
        other => panic!("{text}: {other:?}"),
    }
}

/// Service, version, variables, environment, target, reason.
type Sentence = (
    String,
    Option<String>,
    Vec<(String, String)>,
    String,
    Option<String>,
    Option<String>,
);

fn asked(text: &str) -> Sentence {
    let Intent::Release(new) = intent(text) else {
        panic!("{text} is no release")
    };
    let word = |word: Word| {
        assert!(text[word.span.clone()].contains(&word.text), "{text}: {word:?}");
        word.text
    };
    (
        word(new.service),
        new.version.map(word),
        new.variables
            .into_iter()
            .map(|a| (word(a.name), word(a.value)))
            .collect(),
        word(new.environment),
        new.target.map(word),
        new.reason.map(word),
    )
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn every_sentence_of_the_table_is_understood_in_both_languages() {
    let whole = (
        "payments".to_owned(),
        some("1.42.0"),
        Vec::new(),
        "staging".to_owned(),
        some("eu-1"),
        some("the fix of #12"),
    );
    for text in [
        "release payments 1.42.0 to staging on eu-1 because the fix of #12",
        "/release payments 1.42.0 to staging on eu-1 because the fix of #12",
        "  /RELEASE  payments\t1.42.0 To staging ON eu-1  Because the fix of #12  ",
        "发布 payments 1.42.0 到 staging 目标 eu-1 原因 the fix of #12",
        "/发布 payments 1.42.0 到 staging 目标 eu-1 原因 the fix of #12",
        "发布payments 1.42.0到staging 目标eu-1 原因 the fix of #12",
    ] {
        assert_eq!(asked(text), whole, "{text}");
    }
    let variables = vec![
        ("TAG".to_owned(), "2".to_owned()),
        ("NOTE".to_owned(), "a b".to_owned()),
    ];
    for text in [
        "release web TAG=2 NOTE=\"a b\" to dev",
        "发布 web TAG=2 NOTE=\"a b\" 到 dev",
    ] {
        let (service, version, found, environment, ..) = asked(text);
        assert_eq!((service.as_str(), version, environment.as_str()), ("web", None, "dev"));
        assert_eq!(found, variables, "{text}");
    }
    let mut read_ones = 0;
    for command in COMMANDS {
        let (english, chinese) = (command.english, command.chinese);
        let of_number = !matches!(
            command.name,
            CommandName::Release | CommandName::Pending | CommandName::Help
        );
        if of_number {
            for text in [
                format!("{english} 41"),
                format!("/{english} #41"),
                format!("{} #41", english.to_uppercase()),
                format!("{chinese} 41"),
                format!("／{chinese} #41"),
                format!("{chinese}#41"),
                format!("{english} shop/41"),
            ] {
                assert_eq!(number_of(&text), 41, "{text}");
                read_ones += 1;
            }
        }
    }
    for (text, expected) in [
        ("pending", Intent::Pending),
        ("待办", Intent::Pending),
        ("/Help", Intent::Help),
        ("帮助", Intent::Help),
        ("status", Intent::Status(None)),
        ("状态", Intent::Status(None)),
    ] {
        assert_eq!(intent(text), expected);
        read_ones += 1;
    }
    for text in [
        "rollback payments in production",
        "回滚 payments 在 production",
        "回滚payments在production",
    ] {
        let Intent::Rollback(Rollback::Current { service, environment }) = intent(text) else {
            panic!("{text}")
        };
        assert_eq!(
            (service.text.as_str(), environment.text.as_str()),
            ("payments", "production")
        );
        read_ones += 1;
    }
    println!(
        "assistant grammar: {} commands, {} sentences",
        COMMANDS.len(),
        read_ones + 8
    );
}

#[test]
fn a_command_stands_where_its_name_says() {
    for command in COMMANDS {
        assert_eq!(command.name.command().english, command.english);
    }
}

#[test]
fn what_is_nearly_a_command_is_told_what_it_is_near_to() {
    for (text, expected) in [
        ("relese web 2 to dev", CommandName::Release),
        ("aply 41", CommandName::Apply),
        ("rolback 41", CommandName::Rollback),
        ("stauts", CommandName::Status),
        ("回退 41", CommandName::Rollback),
    ] {
        let Err(Misread::Unknown { nearest, .. }) = read(text) else {
            panic!("{text} was understood")
        };
        assert_eq!(nearest.first(), Some(&expected), "{text}");
    }
    assert!(matches!(read("hello there"), Err(Misread::Unknown { .. })));
    for text in ["", "  ", "/", "\u{3000}"] {
        assert_eq!(read(text), Err(Misread::Empty), "{text:?}");
    }
}

#[test]
fn a_sentence_that_is_not_whole_says_what_was_expected_and_where() {
    for (text, expected, place) in [
        ("release", "a service", ""),
        ("release web", "`to` and an environment", ""),
        ("release web to dev", "a version, or NAME=VALUE", "to"),
        ("release web 2 3 to dev", "`to` and an environment", "3"),
        ("release web 2 to", "an environment", ""),
        ("release web 2 to dev on", "a target", ""),
        ("release web 2 to dev because", "a reason", ""),
        ("release web 2 to dev now", "nothing more", "now"),
        ("release web A=1 A=2 to dev", "each variable once", "A=2"),
        ("apply", "a release's number", ""),
        ("apply web", "a release's number", "web"),
        ("apply 41 42", "nothing more", "42"),
        ("apply 41 please", "nothing more", "please"),
        ("apply \"41\"", "a release's number", "41"),
        (
            "apply 99999999999999999999999",
            "a release's number",
            "99999999999999999999999",
        ),
        ("rollback web", "`in` and an environment", ""),
        ("pending all", "nothing more", "all"),
    ] {
        let Err(Misread::Malformed {
            expected: found, span, ..
        }) = read(text)
        else {
            panic!("{text} was understood")
        };
        assert_eq!((found, &text[span]), (expected, place), "{text}");
    }
}

#[test]
fn quotes_make_names_of_words_of_the_grammar_and_of_several_words() {
    let (service, version, _, environment, ..) = asked("release \"to\" “1 0” to 「in」");
    assert_eq!(
        (service.as_str(), version, environment.as_str()),
        ("to", some("1 0"), "in")
    );
    let (service, ..) = asked("发布 到家 2 到 dev");
    assert_eq!(service, "到家");
    let (.., reason) = asked("release web 2 to dev because “so it is”");
    assert_eq!(reason, some("“so it is”"));
}

/// The words an attacker or a careless person would use.
fn any_word() -> impl Strategy<Value = String> {
    let known = COMMANDS
        .iter()
        .flat_map(|command| [command.english, command.chinese])
        .chain([
            "to", "到", "on", "目标", "because", "原因", "in", "在", "41", "#41", "web", "dev", "TAG=2", "/", "=",
            "\"", "“",
        ]);
    let known: Vec<String> = known.map(str::to_owned).collect();
    prop_oneof![3 => prop::sample::select(known), 1 => "\\PC{0,12}"]
}

/// What acts begins with its own word and ends where its sentence ends.
fn is_a_sentence(text: &str, intent: &Intent) -> bool {
    let text = text.trim().trim_start_matches(['/', '／']).to_lowercase();
    let begins = |name: CommandName| {
        let command = name.command();
        text.starts_with(command.english) || text.starts_with(command.chinese)
    };
    match intent {
        Intent::Release(_) => begins(CommandName::Release) && (text.contains("to") || text.contains('到')),
        Intent::Preview(n) => begins(CommandName::Preview) && text.ends_with(&n.number.to_string()),
        Intent::Submit(n) => begins(CommandName::Submit) && text.ends_with(&n.number.to_string()),
        Intent::Apply(n) => begins(CommandName::Apply) && text.ends_with(&n.number.to_string()),
        Intent::Cancel(n) => begins(CommandName::Cancel) && text.ends_with(&n.number.to_string()),
        Intent::Rollback(_) => begins(CommandName::Rollback),
        Intent::Plan(_) | Intent::Status(_) | Intent::Timeline(_) | Intent::Why(_) | Intent::Pending | Intent::Help => {
            true
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_096))]

    #[test]
    fn no_text_of_random_words_acts_unless_it_is_a_whole_sentence(words in prop::collection::vec(any_word(), 0..9)) {
        let text = words.join(" ");
        if let Ok(intent) = read(&text) {
            prop_assert!(is_a_sentence(&text, &intent), "{text}: {intent:?}");
        }
    }

    #[test]
    fn any_text_is_read_without_a_fault_and_places_lie_within_it(text in "\\PC*") {
        match read(&text) {
            Err(Misread::Malformed { span, .. }) => prop_assert!(text.get(span).is_some()),
            Err(Misread::Unknown { word, .. }) => prop_assert!(text.get(word.span).is_some()),
            Err(Misread::Empty) | Ok(_) => {}
        }
    }

    #[test]
    fn text_that_begins_with_no_command_is_never_one(text in "[^/／]{0,60}") {
        let lower = text.trim_start().to_lowercase();
        let begins = COMMANDS.iter().any(|c| lower.starts_with(c.english) || lower.starts_with(c.chinese));
        prop_assume!(!begins);
        prop_assert!(read(&text).is_err(), "{text}");
    }
}
