// Package gen is for programs that generate, describe or check the code of sessions:
// cmd/sessiongen, and tools around it. Programs that have sessions import the generated
// code and package runtime, not this package.
//
// [Generate] turns annotated structs into Go code, and [Write] puts it in place, or [Check]
// says what is not. [Rename] gives a field another name in all that uses it. [Doc], [Proto] and
// [Inspector] describe the same structs, for people and for programs in other languages.
// [SchemasIn] and [Regenerate] are for analyses, which have parsed and checked a package already.
//
// # Stages
//
// Each stage hands one artefact to the next, and what stands to the right of Package reads
// nothing but that:
//
//	            load            parse
//	folder  ──────────▶ Source ──────▶ Package ─┬ emit       → Go code
//	                                            ├ lock       → sessions.lock
//	                                            ├ inventory  → Markdown, HTML, JSON
//	                                            ├ inspect    → a record, as JSON
//	                                            └ proto      → a .proto file
//
// The packages below internal are named after the stages. Package is in package model, which
// depends on none of the others. Package gen itself imports emit, inspect, inventory, load, lock,
// model, parse, proto and rename. TestImports in cmd/sessiongen states which package may import which.
package gen
