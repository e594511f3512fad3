//! Gives locals and functions of a finished module the numbers and the order in which brotli finds most to repeat. Neither
//! what a function does nor how many bytes it has depends on them, but for numbers from 128 on, which take a byte more.
//!
//! 1. Locals: those of one type in a row, and the ones that are used most first. A few small numbers then make up most of all
//!    that code says, in every function alike.
//! 2. Functions: behind each the one of which the most is to be found in it, as runs of [`RUN`] bytes. What two functions
//!    share lies close together then, and one kind of code (vectors, tables of texts, loops over bytes) in one place.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::convert::Infallible;

use wasm_encoder as encoder;
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasmparser::{
    CodeSectionReader, CompositeInnerType, FunctionBody, FunctionSectionReader, Operator, Parser, Payload, TypeRef,
};

use crate::linked::Result;

/// How many bytes two functions must have in common to count as a repeat: two instructions with their operands.
const RUN: usize = 4;

/// The module `bytes` with other numbers.
///
/// # Errors
/// One line: the module is broken.
pub(crate) fn renumber(bytes: &[u8]) -> Result<Vec<u8>> {
    let sorted = encode(bytes, &mut Locals { parameters: parameters(bytes)?.into_iter(), numbers: Vec::new() })?;
    encode(&sorted, &mut Functions::of(&sorted)?)
}

fn encode(bytes: &[u8], numbers: &mut impl Reencode<Error = Infallible>) -> Result<Vec<u8>> {
    let mut module = encoder::Module::new();
    numbers.parse_core_module(&mut module, Parser::new(0), bytes)?;
    Ok(module.finish())
}

/// The number of parameters of each function that has a body.
fn parameters(bytes: &[u8]) -> Result<Vec<u32>> {
    let (mut types, mut parameters) = (Vec::new(), Vec::new());
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::TypeSection(groups) => {
                for group in groups {
                    types.extend(group?.into_types().map(|of| match of.composite_type.inner {
                        CompositeInnerType::Func(function) => function.params().len() as u32,
                        _ => 0,
                    }));
                }
            }
            Payload::FunctionSection(functions) => {
                for function in functions {
                    parameters.push(types[function? as usize]);
                }
            }
            _ => {}
        }
    }
    Ok(parameters)
}

/// New numbers for the locals of one function after the other.
struct Locals {
    /// The number of parameters of the functions to come: their numbers are part of a function's type.
    parameters: std::vec::IntoIter<u32>,
    /// Of the locals of the function at hand.
    numbers: Vec<u32>,
}

impl Reencode for Locals {
    type Error = Infallible;

    fn parse_function_body(
        &mut self,
        code: &mut encoder::CodeSection,
        body: FunctionBody<'_>,
    ) -> std::result::Result<(), Error> {
        let parameters = self.parameters.next().unwrap_or_default();
        let mut types = Vec::new();
        for group in body.get_locals_reader()? {
            let (count, of) = group?;
            types.extend((0..count).map(|_| of));
        }
        let (mut uses, mut first) = (vec![0_u32; types.len()], vec![usize::MAX; types.len()]);
        for (at, operator) in body.get_operators_reader()?.into_iter().enumerate() {
            if let Some(local) = local(&operator?).and_then(|local| local.checked_sub(parameters)) {
                uses[local as usize] += 1;
                first[local as usize] = at.min(first[local as usize]);
            }
        }
        let mut order: Vec<usize> = (0..types.len()).collect();
        order.sort_by_key(|&local| (types[local], Reverse(uses[local]), first[local]));
        self.numbers = (0..parameters).chain(vec![0; types.len()]).collect();
        for (number, &local) in (parameters..).zip(&order) {
            self.numbers[parameters as usize + local] = number;
        }
        let types =
            order.iter().map(|&local| self.val_type(types[local])).collect::<std::result::Result<Vec<_>, _>>()?;
        let mut function = encoder::Function::new_with_locals_types(types);
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            function.instruction(&self.parse_instruction(&mut operators)?);
        }
        code.function(&function);
        Ok(())
    }

    fn instruction<'a>(&mut self, operator: Operator<'a>) -> std::result::Result<encoder::Instruction<'a>, Error> {
        let number = local(&operator).map_or(0, |local| self.numbers[local as usize]);
        Ok(match operator {
            Operator::LocalGet { .. } => encoder::Instruction::LocalGet(number),
            Operator::LocalSet { .. } => encoder::Instruction::LocalSet(number),
            Operator::LocalTee { .. } => encoder::Instruction::LocalTee(number),
            operator => utils::instruction(self, operator)?,
        })
    }
}

/// The local that `operator` names.
fn local(operator: &Operator<'_>) -> Option<u32> {
    match *operator {
        Operator::LocalGet { local_index }
        | Operator::LocalSet { local_index }
        | Operator::LocalTee { local_index } => Some(local_index),
        _ => None,
    }
}

/// New numbers for the functions.
struct Functions {
    /// Of each function; imports keep theirs.
    numbers: Vec<u32>,
    /// The functions with a body, counted from the first of them.
    order: Vec<usize>,
}

impl Functions {
    fn of(bytes: &[u8]) -> Result<Self> {
        let (mut imports, mut bodies) = (0, Vec::new());
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        imports += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                    }
                }
                Payload::CodeSectionEntry(body) => bodies.push(&bytes[body.range()]),
                _ => {}
            }
        }
        let order = order(&bodies);
        let mut numbers: Vec<u32> = (0..imports).chain(vec![0; bodies.len()]).collect();
        for (number, &function) in (imports..).zip(&order) {
            numbers[imports as usize + function] = number;
        }
        Ok(Self { numbers, order })
    }
}

impl Reencode for Functions {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> std::result::Result<u32, Error> {
        Ok(self.numbers[function as usize])
    }

    fn parse_function_section(
        &mut self,
        functions: &mut encoder::FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> std::result::Result<(), Error> {
        let types = section.into_iter().collect::<wasmparser::Result<Vec<u32>>>()?;
        for &function in &self.order {
            functions.function(types[function]);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut encoder::CodeSection,
        section: CodeSectionReader<'_>,
    ) -> std::result::Result<(), Error> {
        let bodies = section.into_iter().collect::<wasmparser::Result<Vec<_>>>()?;
        for at in 0..bodies.len() {
            self.parse_function_body(code, bodies[self.order[at]].clone())?;
        }
        Ok(())
    }
}

/// The order of `bodies`: first the longest, then always that of which the greatest part occurs in the one before.
fn order(bodies: &[&[u8]]) -> Vec<usize> {
    let runs: Vec<HashSet<&[u8]>> = bodies.iter().map(|body| body.windows(RUN).collect()).collect();
    let mut holders: HashMap<&[u8], Vec<usize>> = HashMap::new();
    for (body, runs) in runs.iter().enumerate() {
        runs.iter().for_each(|run| holders.entry(run).or_default().push(body));
    }
    let mut left: Vec<usize> = (0..bodies.len()).collect();
    let mut order = Vec::new();
    let mut next = left.iter().copied().min_by_key(|&body| Reverse(bodies[body].len()));
    while let Some(last) = next {
        order.push(last);
        left.retain(|&body| body != last);
        let mut shared = vec![0_u64; bodies.len()];
        for holder in runs[last].iter().flat_map(|run| &holders[run]) {
            shared[*holder] += 1;
        }
        // a / b > c / d, in integers: the order is the same on every machine.
        let all = |body: usize| runs[body].len().max(1) as u64;
        next = left.iter().copied().min_by(|&one, &other| (shared[other] * all(one)).cmp(&(shared[one] * all(other))));
    }
    order
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use wasm_encoder::{
        CodeSection, ConstExpr, ElementSection, Elements, EntityType, ExportKind, ExportSection, Function,
        FunctionSection, ImportSection, Instruction as I, RefType, TableSection, TableType, TypeSection, ValType as V,
    };

    use super::*;

    /// A function with two parameters that begins with `name` as a constant, calls `callees`, and ends with `code`.
    fn function(name: i32, callees: &[u32], locals: &[V], code: &[I<'_>]) -> Function {
        let mut function = Function::new_with_locals_types(locals.iter().copied());
        function.instruction(&I::I32Const(name)).instruction(&I::Drop);
        for &callee in callees {
            function.instruction(&I::LocalGet(0)).instruction(&I::LocalGet(1)).instruction(&I::Call(callee));
        }
        for instruction in code {
            function.instruction(instruction);
        }
        function.instruction(&I::End);
        function
    }

    /// A module with one import and `functions`; function 2 is exported, and functions 3 and 0 are in the table.
    fn module(functions: &[Function]) -> Vec<u8> {
        let (mut types, mut imports) = (TypeSection::new(), ImportSection::new());
        types.ty().function([V::I32, V::I32], []);
        imports.import("outside", "speak", EntityType::Function(0));
        let (mut declared, mut code) = (FunctionSection::new(), CodeSection::new());
        for function in functions {
            declared.function(0);
            code.function(function);
        }
        let (mut tables, mut exports, mut elements) =
            (TableSection::new(), ExportSection::new(), ElementSection::new());
        let element_type = RefType::FUNCREF;
        tables.table(TableType { element_type, table64: false, minimum: 2, maximum: None, shared: false });
        exports.export("second", ExportKind::Func, 2);
        elements.active(None, &ConstExpr::i32_const(0), Elements::Functions(vec![3, 0].into()));
        let mut module = encoder::Module::new();
        module.section(&types).section(&imports).section(&declared).section(&tables).section(&exports);
        module.section(&elements).section(&code);
        module.section(&encoder::CustomSection { name: "target_features".into(), data: b"simd128"[..].into() });
        module.finish()
    }

    /// The operators of each function in the order of the module.
    fn code(module: &[u8]) -> Vec<Vec<Operator<'_>>> {
        let bodies = Parser::new(0).parse_all(module).filter_map(|payload| match payload.unwrap() {
            Payload::CodeSectionEntry(body) => Some(body),
            _ => None,
        });
        bodies
            .map(|body| body.get_operators_reader().unwrap().into_iter().map(|read| read.unwrap()).collect())
            .collect()
    }

    /// Who calls whom, is exported and is in the table, by the constants that functions begin with; the import is -1.
    fn links(module: &[u8]) -> BTreeMap<String, Vec<i32>> {
        let code = code(module);
        let name = |function: u32| match function.checked_sub(1).map(|at| &code[at as usize][0]) {
            Some(&Operator::I32Const { value }) => value,
            _ => -1,
        };
        let mut links = BTreeMap::new();
        for (function, operators) in (1..).zip(&code) {
            let calls = operators.iter().filter_map(|operator| match operator {
                Operator::Call { function_index } => Some(name(*function_index)),
                _ => None,
            });
            links.insert(format!("{} calls", name(function)), calls.collect());
        }
        for payload in Parser::new(0).parse_all(module) {
            match payload.unwrap() {
                Payload::ExportSection(exports) => {
                    let exported = exports.into_iter().map(|export| name(export.unwrap().index));
                    links.insert("exports".to_owned(), exported.collect());
                }
                Payload::ElementSection(elements) => {
                    let wasmparser::ElementItems::Functions(table) =
                        elements.into_iter().next().unwrap().unwrap().items
                    else {
                        panic!("a table of functions");
                    };
                    links.insert("table".to_owned(), table.into_iter().map(|entry| name(entry.unwrap())).collect());
                }
                _ => {}
            }
        }
        links
    }

    #[test]
    fn functions_keep_what_they_call() {
        let long = [I::I64Const(1 << 40), I::Drop, I::I64Const(1 << 50), I::Drop];
        let functions = [
            function(10, &[4, 0], &[], &[]),
            function(20, &[1, 1], &[], &long[..2]),
            function(30, &[2], &[], &[I::Nop]),
            function(40, &[], &[V::I64], &long),
        ];
        let before = module(&functions);
        let after = renumber(&before).unwrap();
        wasmparser::validate(&after).unwrap();
        assert_eq!(links(&after), links(&before));
        assert_ne!(code(&after), code(&before), "another order");
        assert_eq!(after.len(), before.len());
        assert!(after.ends_with(b"\x0Ftarget_featuressimd128"));
    }

    #[test]
    fn alike_functions_lie_together() {
        let bodies =
            [b"abcdefgh---------".as_slice(), b"12345678", b"xyz", b"+abcdefg", b"", b"34567", b"--12345678--"];
        assert_eq!(order(&bodies), [0, 3, 1, 5, 6, 2, 4]);
        assert_eq!(order(&[]), [0; 0]);
    }

    #[test]
    fn the_most_used_locals_of_a_type_come_first() {
        // Parameters 0 and 1; i64 2 is used once, i32 3 never, i32 4 twice, i64 5 three times, i32 6 twice and earlier.
        let uses = [6, 4, 2, 6, 4, 5, 5, 5, 1].map(|local| [I::LocalGet(local), I::LocalSet(local)]).concat();
        let first = function(1, &[], &[V::I64, V::I32, V::I32, V::I64, V::I32], &uses);
        // A second function, for its numbers are its own: i32 2, i64 3.
        let second = function(
            2,
            &[],
            &[V::I32, V::I64],
            &[I::I64Const(0), I::LocalTee(3), I::LocalSet(3), I::LocalGet(2), I::Drop],
        );
        let after = renumber(&module(&[first, second, function(3, &[], &[], &[])])).unwrap();
        wasmparser::validate(&after).unwrap();
        let used = |name: i32| -> Vec<u32> {
            let code = code(&after);
            let function = code.iter().find(|code| matches!(code[0], Operator::I32Const { value } if value == name));
            function.unwrap().iter().filter_map(local).collect()
        };
        let expected = [2, 3, 6, 2, 3, 5, 5, 5, 1].map(|local| [local, local]).concat();
        assert_eq!(used(1), expected, "i32: 6, 4, 3 as 2, 3, 4; i64: 5, 2 as 5, 6");
        assert_eq!(used(2), [3, 3, 2]);
    }
}
