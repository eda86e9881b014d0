// Package inspect is for the generator's face: it shows the records of a model's sessions,
// as stores keep them, to people. It may import model.
package inspect
