//! The application identifiers of the GS1 General Specifications, release 25, section 3.2.
//!
//! Each line gives the first and the last identifier of a range, and the fields of their values.

use crate::check_digit::Check;
use crate::form::{Field, field, field_of};
use crate::set::{DIGITS, GS1_39, GS1_64, GS1_82};

/// Exactly this number of digits.
const fn n(length: usize) -> Field {
    field(&DIGITS, length, length)
}

/// One digit to this number of digits.
const fn n_to(max: usize) -> Field {
    field(&DIGITS, 1, max)
}

/// A key of GS1: digits that end in a check digit.
const fn key(length: usize) -> Field {
    n(length).check(Check::Gs1)
}

/// One character to this number of characters.
const fn x_to(max: usize) -> Field {
    field(&GS1_82, 1, max)
}

/// This number of characters, or none.
const fn x(length: usize) -> Field {
    field(&GS1_82, length, length)
}

/// No character to this number of characters.
const fn optional_x(max: usize) -> Field {
    field(&GS1_82, 0, max)
}

const DATE: Field = n(6).date();

#[rustfmt::skip]
pub(crate) static IDENTIFIERS: &[(&str, &str, &[Field])] = &[
    ("00", "00", &[key(18)]),
    ("01", "03", &[key(14)]),
    // 04, 14, 18, 19, 418 and 419 are not assigned, but their lengths are (figure 7.8.5-2).
    ("04", "04", &[n(16)]),
    ("10", "10", &[x_to(20)]),
    ("11", "17", &[DATE]),
    ("18", "19", &[n(6)]),
    ("20", "20", &[n(2)]),
    ("21", "22", &[x_to(20)]),
    ("235", "235", &[x_to(28)]),
    ("240", "241", &[x_to(30)]),
    ("242", "242", &[n_to(6)]),
    ("243", "243", &[x_to(20)]),
    ("250", "251", &[x_to(30)]),
    ("253", "253", &[key(13), optional_x(17)]),
    ("254", "254", &[x_to(20)]),
    ("255", "255", &[key(13), field(&DIGITS, 0, 12)]),
    ("30", "30", &[n_to(8)]),
    // Measures; the last digit is the place of the decimal point.
    ("3100", "3699", &[n(6)]),
    ("37", "37", &[n_to(8)]),
    ("3900", "3909", &[n_to(15)]),
    ("3910", "3919", &[n(3), n_to(15)]),
    ("3920", "3929", &[n_to(15)]),
    ("3930", "3939", &[n(3), n_to(15)]),
    ("3940", "3943", &[n(4)]),
    ("3950", "3955", &[n(6)]),
    ("400", "401", &[x_to(30)]),
    ("402", "402", &[key(17)]),
    ("403", "403", &[x_to(30)]),
    ("410", "417", &[key(13)]),
    ("418", "419", &[n(13)]),
    ("420", "420", &[x_to(20)]),
    ("421", "421", &[n(3), x_to(9)]),
    ("422", "422", &[n(3)]),
    ("423", "423", &[field_of(&DIGITS, &[3, 6, 9, 12, 15])]),
    ("424", "424", &[n(3)]),
    ("425", "425", &[field_of(&DIGITS, &[3, 6, 9, 12, 15])]),
    ("426", "426", &[n(3)]),
    ("427", "427", &[x_to(3)]),
    ("4300", "4301", &[x_to(35)]),
    ("4302", "4306", &[x_to(70)]),
    ("4307", "4307", &[x(2)]),
    ("4308", "4308", &[x_to(30)]),
    ("4309", "4309", &[n(20)]),
    ("4310", "4311", &[x_to(35)]),
    ("4312", "4316", &[x_to(70)]),
    ("4317", "4317", &[x(2)]),
    ("4318", "4318", &[x_to(20)]),
    ("4319", "4319", &[x_to(30)]),
    ("4320", "4320", &[x_to(35)]),
    ("4321", "4323", &[n(1).starts_with(&["0", "1"])]),
    ("4324", "4325", &[DATE, n(4)]),
    ("4326", "4326", &[DATE]),
    ("4330", "4333", &[n(6), optional_x(1)]),
    ("7001", "7001", &[n(13)]),
    ("7002", "7002", &[x_to(30)]),
    ("7003", "7003", &[DATE, n(4)]),
    ("7004", "7004", &[n_to(4)]),
    ("7005", "7005", &[x_to(12)]),
    ("7006", "7006", &[DATE]),
    ("7007", "7007", &[DATE, field_of(&DIGITS, &[0, 6]).date()]),
    ("7008", "7008", &[x_to(3)]),
    ("7009", "7009", &[x_to(10)]),
    ("7010", "7010", &[x_to(2)]),
    ("7011", "7011", &[DATE, field_of(&DIGITS, &[0, 4])]),
    ("7020", "7022", &[x_to(20)]),
    ("7023", "7023", &[x_to(30)]),
    ("7030", "7039", &[n(3), x_to(27)]),
    ("7040", "7040", &[n(1), x(3)]),
    ("7041", "7041", &[x_to(4)]),
    ("710", "717", &[x_to(20)]),
    ("7230", "7239", &[x(2), x_to(28)]),
    ("7240", "7240", &[x_to(20)]),
    ("7241", "7241", &[n(2)]),
    ("7242", "7242", &[x_to(25)]),
    ("7250", "7250", &[n(8)]),
    ("7251", "7251", &[n(12)]),
    ("7252", "7252", &[n(1)]),
    ("7253", "7254", &[x_to(40)]),
    ("7255", "7255", &[x_to(10)]),
    ("7256", "7256", &[x_to(90)]),
    ("7257", "7257", &[x_to(70)]),
    ("7258", "7258", &[x(3)]),
    ("7259", "7259", &[x_to(40)]),
    ("8001", "8001", &[n(14)]),
    ("8002", "8002", &[x_to(20)]),
    ("8003", "8003", &[n(1).starts_with(&["0"]), key(13), optional_x(16)]),
    ("8004", "8004", &[x_to(30)]),
    ("8005", "8005", &[n(6)]),
    ("8006", "8006", &[key(14), n(4)]),
    ("8007", "8007", &[x_to(34)]),
    ("8008", "8008", &[DATE, field_of(&DIGITS, &[2, 4, 6])]),
    ("8009", "8009", &[x_to(50)]),
    ("8010", "8010", &[field(&GS1_39, 1, 30)]),
    ("8011", "8011", &[n_to(12)]),
    ("8012", "8012", &[x_to(20)]),
    ("8013", "8014", &[field(&GS1_82, 3, 25).check(Check::Gs1Pair)]),
    ("8017", "8018", &[key(18)]),
    ("8019", "8019", &[n_to(10)]),
    ("8020", "8020", &[x_to(25)]),
    ("8026", "8026", &[key(14), n(4)]),
    ("8030", "8030", &[field(&GS1_64, 1, 90)]),
    ("8040", "8041", &[n(15)]),
    ("8042", "8042", &[n(32)]),
    ("8043", "8043", &[n(18), field(&DIGITS, 0, 2)]),
    // The service's documentation has the value `ASPOSE` for 8110, which no coupon has.
    ("8110", "8110", &[x_to(70)]),
    ("8111", "8111", &[n(4)]),
    ("8112", "8112", &[x_to(70)]),
    ("8200", "8200", &[x_to(70)]),
    ("90", "90", &[x_to(30)]),
    ("91", "99", &[x_to(90)]),
];
