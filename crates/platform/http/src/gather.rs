//! A stream that writes small pieces together.

use std::io::{self, IoSlice};
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// More than this is not held: it is written, and waits when the other side does not read.
const LIMIT_BYTES: usize = 16 * 1024;

/// Holds what is written until it is flushed, in memory that is given back then: a WebSocket gets one call for all frames of
/// a batch, and holds nothing while it is silent. Vectored writes, which is what hyper does, pass through.
pub(crate) struct Gather<S> {
    stream: S,
    held: Vec<u8>,
    /// Of what is held.
    written: usize,
}

impl<S: AsyncWrite + Unpin> Gather<S> {
    pub fn new(stream: S) -> Self {
        Self { stream, held: Vec::new(), written: 0 }
    }

    fn poll_held(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.written < self.held.len() {
            match ready!(Pin::new(&mut self.stream).poll_write(cx, &self.held[self.written..]))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => self.written += written,
            }
        }
        self.written = 0;
        drop(mem::take(&mut self.held));
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Gather<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, piece: &[u8]) -> Poll<io::Result<usize>> {
        if self.held.len() + piece.len() > LIMIT_BYTES {
            ready!(self.poll_held(cx))?;
        }
        if piece.len() > LIMIT_BYTES {
            return Pin::new(&mut self.stream).poll_write(cx, piece);
        }
        self.held.extend_from_slice(piece);
        Poll::Ready(Ok(piece.len()))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_held(cx))?;
        Pin::new(&mut self.stream).poll_write_vectored(cx, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_held(cx))?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_held(cx))?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Gather<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    /// Notes each write, of which it takes at most `takes` bytes.
    struct Noting {
        writes: Vec<Vec<u8>>,
        takes: usize,
    }

    impl AsyncWrite for Noting {
        fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, piece: &[u8]) -> Poll<io::Result<usize>> {
            let taken = piece.len().min(self.takes);
            self.writes.push(piece[..taken].to_vec());
            Poll::Ready(Ok(taken))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[tokio::test]
    async fn pieces_go_out_with_one_call_and_leave_no_memory_behind() {
        let mut gather = Gather::new(Noting { writes: Vec::new(), takes: usize::MAX });
        for piece in [&b"one "[..], b"two ", b"three"] {
            gather.write_all(piece).await.unwrap();
        }
        assert!(gather.stream.writes.is_empty(), "before the flush");
        gather.flush().await.unwrap();
        gather.flush().await.unwrap();
        assert_eq!(gather.stream.writes, [b"one two three"]);
        assert_eq!(gather.held.capacity(), 0);
    }

    #[tokio::test]
    async fn what_the_stream_does_not_take_at_once_is_written_after_it() {
        let mut gather = Gather::new(Noting { writes: Vec::new(), takes: 3 });
        gather.write_all(b"abcdefgh").await.unwrap();
        gather.shutdown().await.unwrap();
        assert_eq!(gather.stream.writes, [&b"abc"[..], b"def", b"gh"]);
    }

    #[tokio::test]
    async fn no_more_than_the_limit_is_held_and_the_order_stays() {
        let mut gather = Gather::new(Noting { writes: Vec::new(), takes: usize::MAX });
        gather.write_all(&[1; LIMIT_BYTES - 1]).await.unwrap();
        gather.write_all(&[2; 2]).await.unwrap();
        assert_eq!(gather.stream.writes.concat(), [1; LIMIT_BYTES - 1]);
        gather.write_all(&[3; LIMIT_BYTES + 1]).await.unwrap();
        assert_eq!(gather.stream.writes.len(), 3, "the two bytes, and then the large piece by itself");
        gather.write_all(&[4]).await.unwrap();
        assert_eq!(gather.write_vectored(&[IoSlice::new(&[5])]).await.unwrap(), 1);
        assert_eq!(gather.stream.writes[3..], [[4], [5]]);
    }

    #[tokio::test]
    async fn a_reader_that_is_slow_gets_everything_and_holds_up_the_writer() {
        let (near, mut far) = tokio::io::duplex(100);
        let mut gather = Gather::new(near);
        let sent: Vec<u8> = (0..100_000_u32).map(|number| (number % 251) as u8).collect();
        let expected = sent.clone();
        let writer = tokio::spawn(async move {
            for piece in sent.chunks(777) {
                gather.write_all(piece).await.unwrap();
            }
            gather.shutdown().await.unwrap();
        });
        let mut received = Vec::new();
        far.read_to_end(&mut received).await.unwrap();
        writer.await.unwrap();
        assert_eq!(received, expected);
    }
}
