package record

// The numbers of the fields that the runtime keeps in every record beside those of the schema.
// OwnLabel is the lowest one, so that a record begins with its label: see [Label.Prefix].
// [OwnFields] has their names, forms and meanings. The numbers above OwnLast, up to
// [wire.LastOwnNumber], are reserved for later versions.
const (
	OwnLabel             = 1
	OwnKeys              = 2
	OwnRenewed           = 3
	OwnEpoch             = 4
	OwnHistory           = 5
	OwnCreated           = 6
	OwnAuthenticated     = 7
	OwnRemember          = 8
	OwnUserAgent         = 9
	OwnAddress           = 10
	OwnWritten           = 11
	OwnFlash             = 12
	OwnClient            = 13
	OwnAuthenticatedLeft = 14
	OwnLast              = OwnAuthenticatedLeft
)

// OwnField is a field that the runtime keeps in every record.
type OwnField struct {
	Number  int32
	Form    string // the field's type in Protocol Buffers
	Name    string // the field's name in Protocol Buffers
	Meaning string // one sentence, for .proto files and inventories
}

// OwnFields is the table of the runtime's own fields, in the order of their numbers. The
// generator makes its .proto files, its inventory and its view of a record from it. It must
// not be changed by a program.
var OwnFields = []OwnField{
	{OwnLabel, "bytes", "session_label", "A hash of the application's name and of the session cookie's name and path."},
	{OwnKeys, "bytes", "session_keys", "SHA-256 of the label and the secret in the session cookie, then those of the secrets before, 32 bytes each, the newest first."},
	{OwnRenewed, "uint64", "session_renewed", "What was left of the session's life when the secret was last renewed, in milliseconds."},
	{OwnEpoch, "uint64", "session_epoch", "Counts sign-ins, sign-outs and changes of privilege."},
	{OwnHistory, "bytes", "session_history", "The record's last revisions, 8 bytes each, the newest first."},
	{OwnCreated, "uint64", "session_created", "Milliseconds since 1970."},
	{OwnAuthenticated, "uint64", "session_authenticated", "When somebody last signed in: milliseconds since 1970."},
	{OwnRemember, "uint64", "session_remember", "The cookie outlives the browser's process: what was left of the session's life when it was last sent, in milliseconds."},
	{OwnUserAgent, "string", "session_user_agent", "The browser that the session began with."},
	{OwnAddress, "string", "session_address", "The address that the session began with."},
	{OwnWritten, "uint64", "session_written", "Milliseconds since 1970."},
	{OwnFlash, "repeated bytes", "session_flash", "For each field that is read once: its number as a varint, then the revision that set it."},
	{OwnClient, "bytes", "session_client", "A hash of what the application knows its client by."},
	{OwnAuthenticatedLeft, "uint64", "session_authenticated_left", "What was left of the session's life at the last sign-in, in milliseconds."},
}
