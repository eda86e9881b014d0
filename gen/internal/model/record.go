package model

// OwnField is a field that the runtime keeps in every record.
type OwnField struct {
	Number              int32
	Form, Name, Meaning string // its type in Protocol Buffers, what it is called there, and a sentence about it
}

// OwnFields are what the runtime keeps in every record beside the fields of the
// schema: see header.go of package runtime.
var OwnFields = []OwnField{
	{1, "bytes", "session_key", "SHA-256 of the secret in the session cookie."},
	{2, "bytes", "session_previous_key", "The keys before the secret was last renewed, the newest first."},
	{3, "uint64", "session_renewed", "What was left of the session's life then, in milliseconds."},
	{4, "uint64", "session_epoch", "Counts sign-ins, sign-outs and changes of privilege."},
	{5, "bytes", "session_history", "The record's last revisions, 8 bytes each, the newest first."},
	{6, "uint64", "session_created", "Milliseconds since 1970."},
	{7, "uint64", "session_authenticated", "When somebody last signed in: milliseconds since 1970."},
	{8, "bool", "session_remember", "The cookie outlives the browser's process."},
	{9, "string", "session_user_agent", "The browser that the session began with."},
	{10, "string", "session_address", "The address that the session began with."},
	{11, "uint64", "session_written", "Milliseconds since 1970."},
	{12, "repeated bytes", "session_flash", "For each field that is read once: its number as a varint, then the revision that set it."},
	{13, "bytes", "session_client", "A hash of what the application knows its client by."},
}
