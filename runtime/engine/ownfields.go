package engine

// Numbers of the fields that the runtime keeps in every record beside those of the schema.
// 14 and 15 are for later versions. Times are milliseconds since 1970.
const (
	ownKey           = 1
	ownPreviousKey   = 2
	ownRenewed       = 3
	ownEpoch         = 4
	ownHistory       = 5
	ownCreated       = 6
	ownAuthenticated = 7
	ownRemember      = 8
	ownUserAgent     = 9
	ownAddress       = 10
	ownWritten       = 11
	ownFlash         = 12
	ownClient        = 13
	ownLast          = ownClient
)

// OwnField is a field that the runtime keeps in every record.
type OwnField struct {
	Number  int32
	Form    string // its type in Protocol Buffers
	Name    string // what it is called there
	Meaning string // a sentence
}

// OwnFields is the table of them, by ascending number. The generator's .proto files, its
// inventory and its view of a record are made from it.
var OwnFields = []OwnField{
	{ownKey, "bytes", "session_key", "SHA-256 of the secret in the session cookie."},
	{ownPreviousKey, "bytes", "session_previous_key", "The keys before the secret was last renewed, the newest first."},
	{ownRenewed, "uint64", "session_renewed", "What was left of the session's life then, in milliseconds."},
	{ownEpoch, "uint64", "session_epoch", "Counts sign-ins, sign-outs and changes of privilege."},
	{ownHistory, "bytes", "session_history", "The record's last revisions, 8 bytes each, the newest first."},
	{ownCreated, "uint64", "session_created", "Milliseconds since 1970."},
	{ownAuthenticated, "uint64", "session_authenticated", "When somebody last signed in: milliseconds since 1970."},
	{ownRemember, "bool", "session_remember", "The cookie outlives the browser's process."},
	{ownUserAgent, "string", "session_user_agent", "The browser that the session began with."},
	{ownAddress, "string", "session_address", "The address that the session began with."},
	{ownWritten, "uint64", "session_written", "Milliseconds since 1970."},
	{ownFlash, "repeated bytes", "session_flash", "For each field that is read once: its number as a varint, then the revision that set it."},
	{ownClient, "bytes", "session_client", "A hash of what the application knows its client by."},
}
