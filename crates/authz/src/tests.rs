//! What can only be asked from inside: is a remembered slice's answer the whole set's answer?

#[path = "../tests/it/company.rs"]
mod company;
#[path = "../tests/it/house.rs"]
mod house;

mod delegated;
mod slices;
