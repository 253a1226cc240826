//! The pipeline from the request to upload until the signed URLs, through real HTTP, on both engines.

mod images;
mod pipeline;
mod uploading;
