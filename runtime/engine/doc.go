// Package engine is for generated code only. It loads, changes and commits the sessions of the
// generated types. Applications use those types, and package runtime for stores, options,
// events and errors.
//
// Of sessiongen's packages it imports runtime, legacy, record, keyring, cookie, wire and, of
// the runtime's internal ones, aside, deadline, header, origin, queue, retry and scratch.
//
// # The steps of a request
//
// Each step has one verb, and one function carries it out. A keeper carries out its part of
// a step in a store (stored.go) or in the cookie of the browser (sealed.go).
//
// Before the handler:
//
//	find       selects the session cookie of the request           Session.find
//	choose     selects one of several session cookies              Session.choose
//	check      determines its standing, with one Load              keeper.check
//	open       makes the loaded base the session of the request    Session.open
//	close      leaves the request without a session                Session.closeOpened
//	adopt      fills the session from one of another library       Manager.adopt
//
// During the handler:
//
//	decode     fills the storage of a field on first use           Session.decode
//	lend       gives a live slice or map to the handler            Session.lend
//	assign     replaces the value of a field                       Session.assign
//	change     changes a value and logs that for a replay          Session.change
//	leave      keeps only the changes of this request              Session.leave
//	settle     turns a change in place into an assignment          Session.settle
//
// At a commit:
//
//	commit     stores the changes and adds the cookies             Session.commit
//	persist    carries out at the store what the request wants     Session.persist
//	create     stores a new session under a fresh ID               Session.create
//	update     stores the changes of a live session                Session.update
//	encode     builds the record                                   Session.encode
//	put        writes the record, or seals the cookie              keeper.put
//	extend     extends the idle deadline                           Session.extend
//	end        ends the session for good, and its rivals           Session.end
//	repeat     makes the same call after an unclear error          Session.repeat
//	catch up   loads the newest record after a conflict            Session.catchUp
//	replay     applies the logged changes to that record           Session.replayOn
//	rebase     makes the written record the base                   Session.rebase
//	detach     leaves the request without its record               Session.detach
//	discard    removes uncommitted changes                         Session.discard
//	drop       discards, and notes an event                        Session.drop
//	refuse     fails a page that a browser must not load ahead     Session.refuseSpeculation
//	keep       tells caches what the response depends on           Session.keepFromCaches
//
// # What a commit does
//
//	nothing has changed               nothing, or extend
//	the session is new and changed    create
//	a live session has changed        update; a renewal also replaces its key
//	the session is destroyed          end
//	the outcome of a call is unclear  repeat
//	conflict                          catch up; in the history of the newest record,
//	  its own revision is there         committed already (Session.committedBefore)
//	  the loaded revision is there      replay, then update again
//	  neither is there                  runtime.ErrUncertain
//	ended, or another privilege       detach; create for a sign-in, otherwise drop
//	                                  (Session.createOrDrop)
//	another request has renewed       replay and send no cookie; if this request renews as
//	                                  well, drop (Session.dropRenewal)
//
// # The state of a session
//
//	opened      the session itself: token, base, principal, standing
//	standing    the worth of the token: absent, live, renewed, ended, doubtful or destroyed
//	base        the record as it was loaded or last written
//	FieldState  one field: where its entries are in the base, and how it has changed
//	intent      what the request wants besides values: to end, renew, remember the session
//	ending      the progress of Destroy: wanted, failed or confirmed
//	phase       the progress of the request: handling, begun or returned
//	rival       another session cookie of the request, which Destroy ends, too
//	rare        what most requests do not need, such as the log of changes
package engine
