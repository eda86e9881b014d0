// Package inspect is for the generator's face: it shows the records of a model's sessions,
// as stores keep them, to people. It imports model, runtime, record and wire.
package inspect
