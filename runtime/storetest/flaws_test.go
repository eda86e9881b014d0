package storetest

// flaws are mistakes, and the checks that have to notice them.
var flaws = []struct {
	flaw  flaw
	check []string
}{
	{"create overwrites", []string{
		"create over another record is ErrExists and leaves it alone",
		"two creators of one ID: the first stays",
		"a create repeated after a write by another is ErrExists",
		"an update that is refused leaves the index alone",
	}},
	{"create overwrites tombstones", []string{
		"create on a tombstone is ErrGone",
		"logout before login: a create that arrives late is ErrGone",
		"a call repeated after a logout is ErrGone",
		"logout wins against racing updates",
	}},
	{"create again is an error", []string{
		"create again with the same revision is no error",
		"the same call made twice at once succeeds twice",
	}},
	{"a term carried twice is an error", []string{"a session that carries a term twice is listed and revoked once"}},
	{"a term carried twice is listed twice", []string{"a session that carries a term twice is listed and revoked once"}},
	{"create takes any TTL", []string{"create without an idle time or a lifetime is an error"}},
	{"create is refused by an expired record", []string{"an expired session counts as none", "a session that came after an expired one is deleted for good too"}},
	{"create looks and then writes", []string{"of many creators of one ID exactly one wins"}},
	{"create that is cut short leaves something behind", []string{"a call whose context ends meanwhile may be repeated"}},

	{"load does not tell what is left", []string{
		"load tells how long a session has left", "load tells what is left after some time",
		"list returns the records as load does", "list leaves out what has expired",
	}},
	{"idle and life are swapped", []string{"load tells how long a session has left", "load tells what is left after some time"}},
	{"deadlines come from the record", []string{"deadlines come from the TTL and not from the record"}},
	{"load returns a stranger", []string{"load returns what create stored"}},
	{"a tombstone is not told from nothing", []string{"delete is final", "delete may be repeated", "touch against logout brings nothing back"}},

	{"update creates", []string{"update never creates", "an unknown session is ErrNotFound"}},
	{"update brings back what was deleted", []string{
		"delete is final", "logout against write: the write finds the session gone",
		"renewal against logout: the logout wins in either order",
		"logout wins against racing updates", "revoke reaches sessions that are updated meanwhile",
		"renewal against revoke: the revoke wins in either order",
		"whatever is called at once, nothing is lost, undone or brought back",
	}},
	{"update brings back what has expired", []string{"an expired session counts as none", "a session ends exactly at its idle deadline"}},
	{"update on a tombstone is a conflict", []string{"delete is final"}},
	{"update writes over any revision", []string{
		"update from another revision is ErrConflict and changes nothing",
		"two writers from one revision: the second is ErrConflict",
		"an update repeated after a write by another is ErrConflict",
	}},
	{"update takes any TTL", []string{"update without an idle time, or with a negative lifetime, is an error"}},
	{"a refused update restarts the deadlines", []string{"update from another revision is ErrConflict and changes nothing"}},
	{"an update that is interrupted has written half", []string{"a call that is interrupted is done or not done, and may be repeated"}},
	{"update again is a conflict", []string{"update again with the same revision is no error"}},
	{"update looks and then writes", []string{"of many writers from one revision exactly one wins", "logout wins against racing updates", "whatever is called at once, nothing is lost, undone or brought back"}},
	{"update keeps the old terms", []string{"update replaces the record", "update that changes the terms moves the session in the index"}},
	{"update leaves the index alone", []string{"update that changes the terms moves the session in the index"}},
	{"update with life 0 restarts the absolute deadline", []string{
		"update with life 0 keeps the absolute deadline", "update restarts the idle deadline and keeps the absolute one",
	}},
	{"update with life 0 ends the session", []string{"update with life 0 keeps the absolute deadline"}},
	{"update never restarts the absolute deadline", []string{
		"update with a life restarts the absolute deadline", "update with a life counts from now",
		"a session stays listed as long as it is kept alive",
	}},
	{"update does not restart the idle deadline", []string{"update restarts the idle deadline and keeps the absolute one"}},
	{"idle goes past the absolute deadline", []string{"update restarts the idle deadline and keeps the absolute one"}},

	{"touch brings back what was deleted", []string{"touch against logout brings nothing back", "delete is final"}},
	{"touch brings back what has expired", []string{"a session ends exactly at its idle deadline", "an expired session counts as none"}},
	{"touch creates", []string{"touch never creates"}},
	{"touch never fails", []string{"touch never creates", "touch against logout brings nothing back"}},
	{"touch does nothing", []string{"touch extends the idle deadline alone", "revoke finds a session long after it was created"}},
	{"touch draws a new revision", []string{"touch keeps the revision", "touch extends the idle deadline alone"}},
	{"touch goes backwards", []string{"touch never goes backwards", "touch after the clock stepped back shortens nothing"}},
	{"touch goes backwards when the clock does", []string{"touch after the clock stepped back shortens nothing"}},
	{"touch moves the absolute deadline too", []string{
		"touch never goes past the absolute deadline",
		"touch keeps a session alive up to its absolute deadline and no longer",
	}},
	{"touch reads and then writes", []string{"touch never undoes an update", "whatever is called at once, nothing is lost, undone or brought back"}},

	{"delete does nothing", []string{"delete is final", "write against logout: the logout deletes what was written", "list leaves out what was deleted"}},
	{"delete leaves no tombstone", []string{"delete is final", "delete over nothing leaves a tombstone", "logout wins against create"}},
	{"delete over nothing leaves no tombstone", []string{"delete over nothing leaves a tombstone", "logout before login: a create that arrives late is ErrGone"}},
	{"delete of an expired record leaves no tombstone", []string{"a tombstone lasts 60 seconds", "delete over an expired session leaves a tombstone"}},
	{"delete deletes everything", []string{"delete leaves other sessions alone"}},
	{"delete looks and then writes", []string{"logout wins against create"}},
	{"a second delete is an error", []string{"delete may be repeated"}},
	{"a second delete does not renew the tombstone", []string{"a tombstone lasts 60 seconds"}},
	{"a tombstone lasts half a minute", []string{"a tombstone lasts 60 seconds", "tombstones of revoke last 60 seconds"}},
	{"a tombstone ends with its session", []string{"a tombstone lasts 60 seconds", "tombstones of revoke last 60 seconds"}},

	{"the idle deadline is ignored", []string{"a session ends exactly at its idle deadline", "list leaves out what has expired"}},
	{"the absolute deadline is ignored", []string{
		"touch keeps a session alive up to its absolute deadline and no longer",
		"update with a life shorter than the idle time ends with the life",
	}},
	{"load extends the idle deadline", []string{"reading extends nothing"}},
	{"list extends the idle deadline", []string{"reading extends nothing"}},
	{"times are seconds in 32 bits", []string{"times of a hundred years are kept"}},
	{"times below a second are an error", []string{"a time of a millisecond is no error and soon over"}},
	{"deadlines are a second late", []string{"a session ends exactly at its idle deadline", "a session ends exactly at its absolute deadline"}},
	{"deadlines are a second early", []string{"a session ends exactly at its idle deadline", "a session ends exactly at its absolute deadline"}},
	{"a deadline's own moment is still alive", []string{"a session ends exactly at its idle deadline", "a session ends exactly at its absolute deadline"}},

	{"data is cut off at 64 KiB", []string{"data of every size comes back as it was"}},
	{"empty data is no record", []string{"data of every size comes back as it was"}},
	{"data is text", []string{"data is bytes and not text"}},
	{"data is trimmed", []string{"data is bytes and not text"}},
	{"terms beyond some number are dropped", []string{"many terms come back in their order", "a session with many terms is found by each of them"}},
	{"terms are kept in another order", []string{"many terms come back in their order"}},
	{"terms are kept by reference", []string{"terms given to a store may be changed afterwards"}},
	{"what was loaded is written over", []string{"a record that was loaded stays as it was"}},
	{"IDs are compared without regard to case", []string{"IDs are compared byte by byte"}},
	{"IDs lose trailing padding", []string{"IDs are compared byte by byte"}},
	{"terms are compared without regard to case", []string{"terms are compared byte by byte"}},
	{"terms lose trailing padding", []string{"terms are compared byte by byte"}},
	{"a context is not looked at", []string{"a context that has ended lets nothing happen"}},
	{"a call waits whatever its context says", []string{"a call returns when its context ends, also while the store is busy"}},

	{"list trusts its entries", []string{
		"update that changes the terms moves the session in the index", "a page that is not full is the last one",
		"a term that was left and taken up again is listed once",
	}},
	{"list shows what has expired", []string{"list leaves out what has expired", "list and revoke know a session exactly up to its deadline"}},
	{"list leaves out what is about to expire", []string{"list and revoke know a session exactly up to its deadline"}},
	{"list cuts off data at 64 KiB", []string{"large records are listed whole"}},
	{"list walks over what changes", []string{"list misses and repeats nothing while sessions come and go"}},
	{"list tidies up what it found stale", []string{"a term that is taken up again while others list is listed"}},
	{"list counts dead entries", []string{"a page that is not full is the last one"}},
	{"list is ordered by signed bytes", []string{"list is ordered by ID and comes in pages"}},
	{"list includes the ID to begin behind", []string{"list begins behind an ID that need not be there", "list is ordered by ID and comes in pages"}},
	{"list knows no end", []string{"list is ordered by ID and comes in pages"}},
	{"list tells only the IDs", []string{"list returns the records as load does"}},
	{"list is empty", []string{"list finds the sessions that carry a term"}},
	{"a term that was left is never taken up again", []string{
		"a term that was left and taken up again is listed once", "revoke finds a session that left a term and took it up again",
	}},

	{"revoke trusts its entries", []string{"revoke goes by what the session carries now"}},
	{"revoke keeps none", []string{"revoke keeps one session"}},
	{"revoke leaves no tombstones", []string{"revoke leaves tombstones", "revoke deletes the sessions that carry a term and counts them"}},
	{"revoke deletes everybody", []string{"revoke deletes the sessions that carry a term and counts them"}},
	{"revoke counts its entries", []string{
		"revoke neither counts nor touches what has ended before",
		"a logout of one session in the midst of a revoke of all is no error",
	}},
	{"revoke deletes what has expired", []string{
		"revoke neither counts nor touches what has ended before", "list and revoke know a session exactly up to its deadline",
	}},
	{"revoke empties the index", []string{"a login at the moment of a revoke is revoked or listed"}},
	{"revoke deletes the revision that it saw", []string{"revoke reaches sessions that are updated meanwhile"}},
	{"revoke takes one page", []string{"revoke reaches every older session while logins go on"}},
	{"revoke goes by the second", []string{"a login after revoke stays", "login against revoke: one before it ends, one after it stays"}},
	{"revoke goes by the revision of the login", []string{"revoke finds sessions that were updated, touched and renewed"}},
	{"revoke forgets half when its context ends", []string{
		"a list or revoke whose context ends meanwhile may be repeated",
		"a revoke that is interrupted has ended some sessions and left the others whole",
	}},
}

// inRealTime is the same for the checks that wait.
var inRealTime = []struct{ flaw, check string }{
	{"the idle deadline is ignored", "a session ends by the store's own clock for lack of use"},
	{"the absolute deadline is ignored", "a session ends by the store's own clock whatever happens"},
	{"touch does nothing", "touch and update keep a session alive by the store's own clock"},
	{"update never restarts the absolute deadline", "touch and update keep a session alive by the store's own clock"},
	{"times below a second are an error", "a session of a millisecond ends by the store's own clock"},
	{"a tombstone ends with its session", "a tombstone outlasts the session's deadlines"},
}
