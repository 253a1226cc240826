//! Reads JSON as the document describes it. serde's derived types also take a list for an object (fields in the order
//! of their declaration) and an object for the name of a variant; here these are refused, however deep they lie.
//! A number without a fraction is an integer, as in JSON Schema, also when it is written `2.0`.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, IgnoredAny, IntoDeserializer,
    MapAccess, SeqAccess, Unexpected, VariantAccess, Visitor,
};

/// Reads one JSON text; what follows it is an error.
pub fn from_str<'de, T: Deserialize<'de>>(text: &'de str) -> serde_json::Result<T> {
    let mut json = serde_json::Deserializer::from_str(text);
    let value = T::deserialize(Strict(&mut json))?;
    json.end()?;
    Ok(value)
}

/// Reads an object whose field `tag` says which variant of the enum `T` it is; the other fields are the variant's.
/// `T` is declared without serde's `tag`: that would buffer the fields, and forget which of them must be objects.
pub fn tagged_from_str<T: DeserializeOwned>(text: &str, tag: &'static str, variant: &str) -> serde_json::Result<T> {
    let mut json = serde_json::Deserializer::from_str(text);
    let value = T::deserialize(Tagged { tag, variant, content: Strict(&mut json) })?;
    json.end()?;
    Ok(value)
}

/// What a value has to be, beyond what its type asks of serde.
#[derive(Clone, Copy, PartialEq)]
enum Shape {
    Any,
    /// Its fields are known; serde itself refuses one that is there twice.
    Object,
    /// Any keys, each of them once.
    Map,
    Integer,
    Name,
}

/// A deserializer that hands itself on to everything inside.
pub(crate) struct Strict<D>(pub D);

macro_rules! forward {
    ($($method:ident => $shape:ident),* $(,)?) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            self.0.$method(Checked { visitor, shape: Shape::$shape })
        })*
    };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Strict<D> {
    type Error = D::Error;

    forward! {
        deserialize_any => Any, deserialize_bool => Any, deserialize_char => Any, deserialize_str => Any,
        deserialize_string => Any, deserialize_bytes => Any, deserialize_byte_buf => Any, deserialize_unit => Any,
        deserialize_option => Any, deserialize_seq => Any, deserialize_map => Map, deserialize_identifier => Any,
        deserialize_ignored_any => Any, deserialize_f32 => Any, deserialize_f64 => Any,
        deserialize_i8 => Integer, deserialize_i16 => Integer, deserialize_i32 => Integer, deserialize_i64 => Integer,
        deserialize_i128 => Integer, deserialize_u8 => Integer, deserialize_u16 => Integer,
        deserialize_u32 => Integer, deserialize_u64 => Integer, deserialize_u128 => Integer,
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_unit_struct(name, Checked { visitor, shape: Shape::Any })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_newtype_struct(name, Checked { visitor, shape: Shape::Any })
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_tuple(length, Checked { visitor, shape: Shape::Any })
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_tuple_struct(name, length, Checked { visitor, shape: Shape::Any })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_struct(name, fields, Checked { visitor, shape: Shape::Object })
    }

    /// A variant is its name, a string.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_str(Checked { visitor, shape: Shape::Name })
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }
}

/// A visitor that refuses what has not the shape, and makes all that is inside strict.
struct Checked<V> {
    visitor: V,
    shape: Shape,
}

macro_rules! pass_on {
    ($($method:ident($type:ty)),* $(,)?) => {
        $(fn $method<E: de::Error>(self, value: $type) -> Result<V::Value, E> {
            self.visitor.$method(value)
        })*
    };
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Checked<V> {
    type Value = V::Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.shape {
            Shape::Any => self.visitor.expecting(formatter),
            Shape::Object | Shape::Map => formatter.write_str("an object"),
            Shape::Integer => formatter.write_str("an integer in its range"),
            Shape::Name => formatter.write_str("a string"),
        }
    }

    pass_on! {
        visit_bool(bool), visit_i64(i64), visit_i128(i128), visit_u64(u64), visit_u128(u128), visit_char(char),
        visit_bytes(&[u8]), visit_borrowed_bytes(&'de [u8]), visit_byte_buf(Vec<u8>),
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<V::Value, E> {
        /// From here on a double has no place for a fraction, and none for every integer either.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        if self.shape == Shape::Integer && value.fract() == 0.0 && value.abs() <= EXACT {
            return self.visitor.visit_i64(value as i64);
        }
        self.visitor.visit_f64(value)
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<V::Value, E> {
        match self.shape {
            Shape::Name => self.visitor.visit_enum(value.into_deserializer()),
            _ => self.visitor.visit_str(value),
        }
    }

    fn visit_borrowed_str<E: de::Error>(self, value: &'de str) -> Result<V::Value, E> {
        match self.shape {
            Shape::Name => self.visit_str(value),
            _ => self.visitor.visit_borrowed_str(value),
        }
    }

    fn visit_string<E: de::Error>(self, value: String) -> Result<V::Value, E> {
        match self.shape {
            Shape::Name => self.visit_str(&value),
            _ => self.visitor.visit_string(value),
        }
    }

    fn visit_unit<E: de::Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_unit()
    }

    fn visit_none<E: de::Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_none()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_some(Strict(deserializer))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_newtype_struct(Strict(deserializer))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<V::Value, A::Error> {
        match self.shape {
            Shape::Any => self.visitor.visit_seq(Inside(items)),
            _ => Err(A::Error::invalid_type(Unexpected::Seq, &self)),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<V::Value, A::Error> {
        match self.shape {
            Shape::Any | Shape::Object => self.visitor.visit_map(Inside(fields)),
            Shape::Map => self.visitor.visit_map(Once { fields: Inside(fields), seen: HashSet::new() }),
            _ => Err(A::Error::invalid_type(Unexpected::Map, &self)),
        }
    }
}

/// The items or fields of a value, each read strictly.
struct Inside<A>(A);

struct Seed<S>(S);

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Seed<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.0.deserialize(Strict(deserializer))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Inside<A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        self.0.next_element_seed(Seed(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Inside<A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        self.0.next_key_seed(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.0.next_value_seed(Seed(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

/// The fields of a map, whose keys may come once only.
struct Once<A> {
    fields: Inside<A>,
    seen: HashSet<String>,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Once<A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        let Some(Key(name)) = self.fields.next_key()? else { return Ok(None) };
        if !self.seen.insert(name.clone().into_owned()) {
            return Err(A::Error::custom(format_args!("duplicate field `{name}`")));
        }
        seed.deserialize(de::value::CowStrDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.fields.next_value_seed(seed)
    }
}

/// Reads an object as the variant that its tag names.
struct Tagged<'a, D> {
    tag: &'static str,
    variant: &'a str,
    content: D,
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Tagged<'_, D> {
    type Error = D::Error;

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        visitor.visit_enum(self)
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, D::Error> {
        Err(D::Error::custom("only an enum has a tag"))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

impl<'de, D: Deserializer<'de>> EnumAccess<'de> for Tagged<'_, D> {
    type Error = D::Error;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), D::Error> {
        let name = de::value::StrDeserializer::<D::Error>::new(self.variant);
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de, D: Deserializer<'de>> VariantAccess<'de> for Tagged<'_, D> {
    type Error = D::Error;

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, D::Error> {
        self.content.deserialize_struct("", &[], WithoutTag { visitor, tag: self.tag })
    }

    fn unit_variant(self) -> Result<(), D::Error> {
        Err(D::Error::custom("the variants of a tagged enum have named fields"))
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, _: S) -> Result<S::Value, D::Error> {
        Err(D::Error::custom("the variants of a tagged enum have named fields"))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, D::Error> {
        Err(D::Error::custom("the variants of a tagged enum have named fields"))
    }
}

/// Shows a variant its fields, and not the tag.
struct WithoutTag<V> {
    visitor: V,
    tag: &'static str,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for WithoutTag<V> {
    type Value = V::Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_map(Untagged { fields, tag: self.tag })
    }
}

struct Untagged<A> {
    fields: A,
    tag: &'static str,
}

#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Untagged<A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        while let Some(Key(name)) = self.fields.next_key()? {
            if name != self.tag {
                return seed.deserialize(de::value::CowStrDeserializer::new(name)).map(Some);
            }
            self.fields.next_value::<IgnoredAny>()?;
        }
        Ok(None)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.fields.next_value_seed(seed)
    }
}
