//! Lists of ids in shared SQL: `where id = any_of($1)` with an [`IdList`] bound to it; and lists of pairs of ids:
//! `from pairs_of($1) asked`, which has the columns `one` and `other`, with [`IdList::of_pairs`] bound to it.

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::{Database, Encode, Postgres, Sqlite, Type};
use uuid::Uuid;

use crate::Engine;

/// PostgreSQL takes an array, SQLite a JSON list of hexadecimal ids.
pub(crate) fn expand(engine: Engine, sql: &str) -> String {
    let sql = replace(sql, "= any_of(", |parameter| match engine {
        Engine::Postgres => format!("= any({parameter})"),
        Engine::Sqlite => format!("in (select unhex(value) from json_each({parameter}))"),
    });
    replace(&sql, "pairs_of(", |parameter| match engine {
        Engine::Postgres => format!(
            "(select ({parameter}::uuid[])[2 * i - 1] as one, ({parameter}::uuid[])[2 * i] as other
              from generate_series(1, cardinality({parameter}::uuid[]) / 2) i)"
        ),
        Engine::Sqlite => format!(
            "(select max(case when key % 2 = 0 then unhex(value) end) as one,
                     max(case when key % 2 = 1 then unhex(value) end) as other
              from json_each({parameter})
              group by key / 2)"
        ),
    })
}

/// Each `<start>parameter)` by what `with` makes of the parameter.
fn replace(sql: &str, start: &str, with: impl Fn(&str) -> String) -> String {
    let mut out = String::with_capacity(sql.len() + 64);
    let mut rest = sql;
    while let Some(at) = rest.find(start) {
        let after = &rest[at + start.len()..];
        let Some(end) = after.find(')') else { break };
        out.push_str(&rest[..at]);
        out.push_str(&with(&after[..end]));
        rest = &after[end + 1..];
    }
    out.push_str(rest);
    out
}

/// A list of ids to bind where the statement says `= any_of($n)`.
#[derive(Clone, Debug, Default)]
pub struct IdList(Vec<Uuid>);

impl<I: Into<Uuid>> FromIterator<I> for IdList {
    fn from_iter<T: IntoIterator<Item = I>>(ids: T) -> Self {
        Self(ids.into_iter().map(Into::into).collect())
    }
}

impl IdList {
    /// One after the other, as `pairs_of` reads them.
    pub fn of_pairs<I: Into<Uuid>, J: Into<Uuid>>(pairs: impl IntoIterator<Item = (I, J)>) -> Self {
        Self(pairs.into_iter().flat_map(|(one, other)| [one.into(), other.into()]).collect())
    }
}

impl Type<Postgres> for IdList {
    fn type_info() -> sqlx::postgres::PgTypeInfo {
        <Vec<Uuid> as Type<Postgres>>::type_info()
    }
}

impl Encode<'_, Postgres> for IdList {
    fn encode_by_ref(&self, buffer: &mut <Postgres as Database>::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
        <Vec<Uuid> as Encode<Postgres>>::encode_by_ref(&self.0, buffer)
    }
}

impl Type<Sqlite> for IdList {
    fn type_info() -> sqlx::sqlite::SqliteTypeInfo {
        <String as Type<Sqlite>>::type_info()
    }
}

impl Encode<'_, Sqlite> for IdList {
    fn encode_by_ref(&self, buffer: &mut <Sqlite as Database>::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let mut json = String::with_capacity(2 + self.0.len() * 35);
        json.push('[');
        for (position, id) in self.0.iter().enumerate() {
            if position > 0 {
                json.push(',');
            }
            json.push('"');
            json.push_str(id.simple().encode_lower(&mut Uuid::encode_buffer()));
            json.push('"');
        }
        json.push(']');
        Encode::<Sqlite>::encode(json, buffer)
    }
}
