//! Reactions: whatever anybody was shown, against what was given and taken back.
//!
//! A server may read a message and then its reactions, and find newer ones: then the message comes again. So under a
//! change somebody may be shown what was given by then, or what was later, but nothing from before it; and under the
//! last change of a message only what is there. What somebody has given whom the reader has blocked at some time may be
//! missing: what a client holds is not read again after each block.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::checker::finale::Findings;
use crate::checker::stored::Finale;
use crate::checker::{Checker, Rule};
use crate::seen::{Seen, write_reactions};

/// Who has given what, after each change in which that moved.
#[derive(Default)]
pub(super) struct Given {
    /// By conversation and message.
    changes: HashMap<(String, i64), BTreeMap<i64, Vec<Toggle>>>,
}

/// An emoji, who, and whether it was given or taken back.
type Toggle = (String, String, bool);

type State = BTreeMap<String, BTreeSet<String>>;

impl Given {
    pub fn note(&mut self, place: (String, i64), changed_seq: i64, emoji: &str, person: &str, on: bool) {
        let changes = self.changes.entry(place).or_default().entry(changed_seq).or_default();
        changes.push((emoji.to_owned(), person.to_owned(), on));
    }

    /// What was there from each change on.
    fn states(&self, conversation: &str, seq: i64) -> Vec<(i64, State)> {
        let mut states = vec![(0, State::new())];
        for (changed_seq, moved) in self.changes.get(&(conversation.to_owned(), seq)).into_iter().flatten() {
            let mut state = states.last().map(|(_, state)| state.clone()).unwrap_or_default();
            for (emoji, person, on) in moved {
                let people = state.entry(emoji.clone()).or_default();
                let _ = if *on { people.insert(person.clone()) } else { people.remove(person) };
            }
            state.retain(|_, people| !people.is_empty());
            states.push((*changed_seq, state));
        }
        states
    }

    /// As a person sees them in the end, who has blocked nobody.
    pub fn last(&self, conversation: &str, seq: i64, person: &str) -> String {
        self.last_state(conversation, seq).map(|state| written(&state, person)).unwrap_or_default()
    }

    /// Whether this is what they are in the end to a reader.
    pub fn end_as(&self, conversation: &str, seq: i64, reader: &Reader, shown: &str) -> bool {
        reader.may_see(&self.last_state(conversation, seq).unwrap_or_default(), shown)
    }

    fn last_state(&self, conversation: &str, seq: i64) -> Option<State> {
        self.states(conversation, seq).pop().map(|(_, state)| state)
    }
}

/// Somebody, with whom they have blocked at some time.
pub(super) struct Reader<'a> {
    pub person: &'a str,
    pub blocked: Option<&'a BTreeSet<String>>,
}

impl Reader<'_> {
    /// Whether this can be shown of a state, with or without what each of those has given.
    fn may_see(&self, state: &State, shown: &str) -> bool {
        let giving: BTreeSet<&String> = state.values().flatten().collect();
        let doubtful: Vec<&String> =
            giving.into_iter().filter(|person| self.blocked.is_some_and(|all| all.contains(*person))).collect();
        (0..1_u32 << doubtful.len().min(10)).any(|subset| {
            let is_hidden = |person: &String| {
                doubtful.iter().position(|other| *other == person).is_some_and(|bit| subset & (1 << bit.min(31)) != 0)
            };
            let mut state = state.clone();
            state.values_mut().for_each(|people| people.retain(|person| !is_hidden(person)));
            state.retain(|_, people| !people.is_empty());
            written(&state, self.person) == shown
        })
    }
}

fn written(state: &State, person: &str) -> String {
    let shown = state.iter().map(|(emoji, people)| (emoji.as_str(), (people.len() as i64, people.contains(person))));
    write_reactions(shown.collect())
}

impl Checker {
    pub(super) fn reader<'a>(&'a self, person: &'a str) -> Reader<'a> {
        Reader { person, blocked: self.blocked.get(person) }
    }

    pub(super) fn note_reactions(&mut self, person: &str, seen: &Seen) {
        let line = self.line;
        let is_fresh = seen.changed_seq == seen.seq && seen.reactions.is_empty();
        if is_fresh || !self.is_steady(&seen.conversation, person) {
            return;
        }
        if let Some(known) = self.known(seen) {
            let key = (seen.changed_seq, person.to_owned(), seen.reactions.clone());
            known.reactions.entry(key).or_insert(line);
        }
    }

    pub(super) fn check_reactions(&self, finale: &Finale, wrong: &mut Findings) {
        for (conversation, known) in &self.conversations {
            for (id, message) in &known.messages {
                if message.reactions.is_empty() {
                    continue;
                }
                let states = finale.given.states(conversation, message.seq);
                for ((changed_seq, person, shown), line) in &message.reactions {
                    let first = states.iter().rposition(|(from, _)| from <= changed_seq).unwrap_or_default();
                    let reader = self.reader(person);
                    if !states[first..].iter().any(|(_, state)| reader.may_see(state, shown)) {
                        let what = format!("at line {line} {person} was shown the reactions `{shown}` of {id}");
                        let has = written(&states[first].1, person);
                        wrong.push((Rule::Content, format!("{what} at {changed_seq}; there were `{has}`")));
                    }
                }
            }
        }
    }
}
