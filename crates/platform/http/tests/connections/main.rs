//! What connections may do to the server, over raw TCP: be silent, slow, too many, or ambiguous.

mod floods;
mod heads;
mod silence;
mod wire;
