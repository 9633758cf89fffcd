//! The requests of the blocking client. Each wraps a request of the async client and forwards all
//! settings to it.

use std::path::Path;
use std::time::Duration;

use super::Image;
use super::reader::ImageReader;
use super::runtime::Runtime;
use crate::{
    Barcode, BarcodeImageFormat, Code128Options, DecodeBarcodeType, Error, Pdf417Options,
    QrOptions, RecognitionImageKind, RecognitionMode, RenderOptions,
};

/// A request that [`Many`](super::Many) can send: [`Generate`], [`Recognize`] or [`Scan`].
pub trait Request: sealed::Sealed<Output = Self::Answer> {
    /// The result of a successful call.
    type Answer: Send + 'static;
}

pub(super) mod sealed {
    /// A request that can be sent from the client's thread.
    pub trait Sealed {
        /// The result of a successful call.
        type Output: Send + 'static;

        /// Converts the request into a future that sends it.
        fn into_call(
            self,
        ) -> impl Future<Output = Result<Self::Output, crate::Error>> + Send + 'static;
    }
}

macro_rules! request {
    ($name:ident -> $answer:ty, $wrap:expr, {
        $($setter:ident($argument:ident: $type:ty);)+
    }) => {
        #[doc = concat!("The blocking counterpart of [`barcode_cloud::", stringify!($name), "`](crate::", stringify!($name), ").")]
        #[must_use = "nothing is sent before `send`"]
        #[derive(Debug, Clone)]
        pub struct $name {
            request: crate::$name,
            runtime: Runtime,
        }

        impl $name {
            pub(super) fn new(request: crate::$name, runtime: &Runtime) -> Self {
                Self { request, runtime: runtime.clone() }
            }

            $(
                #[doc = concat!("See [`", stringify!($name), "::", stringify!($setter), "`](crate::", stringify!($name), "::", stringify!($setter), ").")]
                pub fn $setter(mut self, $argument: $type) -> Self {
                    self.request = self.request.$setter($argument);
                    self
                }
            )+

            /// Sends the request and blocks until the call completes. The service bills the
            /// request.
            ///
            /// # Errors
            ///
            #[doc = concat!("The errors of [`", stringify!($name), "::send`](crate::", stringify!($name), "::send).")]
            pub fn send(self) -> Result<$answer, Error> {
                let runtime = self.runtime.clone();
                runtime.wait(sealed::Sealed::into_call(self))
            }
        }

        impl sealed::Sealed for $name {
            type Output = $answer;

            async fn into_call(self) -> Result<$answer, Error> {
                self.request.send().await.map($wrap)
            }
        }

        impl Request for $name {
            type Answer = $answer;
        }
    };
}

request!(Generate -> Image, Image, {
    format(format: BarcodeImageFormat);
    render(options: impl Into<RenderOptions>);
    qr(qr: impl Into<QrOptions>);
    code128(code128: impl Into<Code128Options>);
    pdf417(pdf417: impl Into<Pdf417Options>);
    timeout(limit: Duration);
    request_id(id: impl Into<String>);
});

request!(Recognize -> Vec<Barcode>, std::convert::identity, {
    types(types: impl IntoIterator<Item = DecodeBarcodeType>);
    mode(mode: RecognitionMode);
    image_kind(kind: RecognitionImageKind);
    timeout(limit: Duration);
    request_id(id: impl Into<String>);
});

request!(Scan -> Vec<Barcode>, std::convert::identity, {
    timeout(limit: Duration);
    request_id(id: impl Into<String>);
});

impl Generate {
    /// Sends the request and returns a reader of the image, which needs constant memory. The
    /// service bills the request.
    ///
    /// The request is in flight until the reader has been read to its end or is dropped.
    ///
    /// # Errors
    ///
    /// The errors of [`Generate::stream`](crate::Generate::stream).
    pub fn stream(self) -> Result<ImageReader, Error> {
        let request = self.request;
        let stream = self.runtime.wait(async move { request.stream().await })?;
        Ok(ImageReader::new(stream, self.runtime))
    }

    /// Sends the request and writes the image to `path` in constant memory. Returns the number of
    /// bytes written. The service bills the request.
    ///
    /// See [`Generate::save`](crate::Generate::save) for details.
    ///
    /// # Errors
    ///
    /// The errors of [`Generate::save`](crate::Generate::save).
    pub fn save(self, path: impl AsRef<Path>) -> Result<u64, Error> {
        let path = path.as_ref().to_owned();
        let request = self.request;
        self.runtime.wait(async move { request.save(path).await })
    }
}
