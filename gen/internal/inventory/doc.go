// Package inventory is for the generator's face: it describes the cookies and session
// fields of models, for a privacy page and for those who review them. It
// imports model and, of the runtime's, cookie and record.
//
// [Of] makes an [Inventory], which [Format] writes as Markdown, HTML or JSON.
package inventory
