//! All SQL of this service.

pub mod decisions;
pub mod items;
pub mod marks;
pub mod preferences;
pub mod removed;
pub mod sight;
pub mod undo;

use village_db::IdList;
use village_kernel::UserId;

fn list(people: &[UserId]) -> IdList {
    people.iter().copied().collect()
}
