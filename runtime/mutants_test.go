package runtime_test

// mutant is the commit protocol without one of its rules.
type mutant struct {
	rule  string
	edits []edit
	red   string // the tests that have to notice: a pattern for -run
}

// edit replaces a text that a file has exactly once.
type edit struct{ file, old, new string }

func in(file, old, new string) []edit { return []edit{{file, old, new}} }

// mutants has the rules in the order in which a request meets them.
var mutants = []mutant{
	// The session cookie.
	{"a malformed token makes no store call", in("open.go", "t, ok := parseToken(value)", "t, ok := parseToken(value)\n\t\tok = true"), "TestMalformedTokensDoNotReachTheStore"},
	{"of more than two tokens none is used", in("open.go", "case count > 2:", "case count > 9:"), "TestSeveralSessionCookies"},
	{
		"of two tokens that both open a session none is used, and nothing is written",
		in("open.go", "s.standing = doubtful\n\t\ts.note(Event{Kind: CookieRefused, Field: s.manager.cookie.options.Name, Reason: \"sent twice, and both", "s.note(Event{Kind: CookieRefused, Field: s.manager.cookie.options.Name, Reason: \"sent twice, and both"),
		"TestSessionCookieSentTwice",
	},
	{"of two tokens the one that opens a session is used", in("open.go", "return s.open(second)\n", "return nil\n"), "TestSessionCookieSentTwice"},

	// What a token is worth.
	{"only the current key opens a session", in("open.go", "case subtle.ConstantTimeCompare(key[:], []byte(b.key)) == 1:", "case true:"), "TestWrongSecretSeesNothing"},
	{"the key before it says that the secret was renewed", in("open.go", "-rec.Life < renewalGrace:", "-rec.Life < 0:"), "TestSecretThatWasReplaced"},
	{"that ends after 60 seconds", in("open.go", "-rec.Life < renewalGrace:", "-rec.Life < 100*renewalGrace:"), "TestSecretThatWasReplaced"},
	{"the key before it opens nothing", in("open.go", "s.standing, s.token = renewed, t\n", "_ = s.adopt(t, b)\n"), "TestSecretThatWasReplaced"},
	{"a tombstone says that the session has ended", in("open.go", "s.standing, s.token = ended, t\n", ""), "TestDestroy$"},
	{
		"what a client sent is never adopted",
		[]edit{
			{"open.go", "s.note(Event{Kind: Expired, ID: t.id})\n", "s.note(Event{Kind: Expired, ID: t.id})\n\t\ts.token = t\n"},
			{"persist.go", "s.token = token{id: newID(), secret: newSecret()}", "if s.token.id == (ID{}) {\n\t\t\ts.token.id = newID()\n\t\t}\n\t\ts.token.secret = newSecret()"},
		},
		"TestIDsAreDrawnAnew",
	},
	{"a principal that disagrees with the record's term is nobody", in("open.go", "return errPrincipal\n", "return nil\n"), "RecordWithAnotherPrincipalThanItsTerm"},
	{
		"a store that fails is an error page, and the handler does not run",
		in("open.go", "return fmt.Errorf(\"sessiongen: loading the session: %w\", err)", "_ = fmt.Errorf\n\t\treturn nil"),
		"TestR4_AStoreThatIsDownAtLoadLetsNobodyIn",
	},

	// When a commit happens.
	{"a commit goes on when the client is gone", in("commit.go", "s.startDeadline(parent, true)", "s.startDeadline(parent, false)"), "TestR18_AClientThatIsGone"},
	{
		"a commit has a deadline of its own",
		in("deadline.go", "c.timed, c.cancel = context.WithDeadline(parent, c.deadline)", "c.timed, c.cancel = context.WithCancel(parent)"),
		"TestR4_AStoreThatHangs",
	},
	{"informational responses do not commit", in("writer.go", "status >= 100 && status <= 199 &&", "false &&"), "TestR5_EarlyHints"},
	{"101 commits", in("writer.go", "&& status != http.StatusSwitchingProtocols", "&& status != http.StatusOK"), "TestR5_HijackAndSwitchingProtocols"},
	{
		"Flush commits first",
		in("writer.go", "if err := w.begin(); err != nil {\n\t\treturn err\n\t}\n\treturn http", "return http"),
		"TestR5_TheCookieIsSentHowever",
	},
	{
		"Hijack commits first",
		in("writer.go", "if err := w.begin(); err != nil {\n\t\treturn nil, nil, err\n\t}\n", ""),
		"TestR5_HijackAndSwitchingProtocols",
	},
	{
		"a session is persisted before its cookie is sent",
		in("persist.go", "err = s.call(func(ctx context.Context) error { return s.manager.store.Create", "s.header.Add(\"Set-Cookie\", s.tokenCookie())\n\t\ts.acknowledged(s.manager.cookie.options.Name)\n\t\terr = s.call(func(ctx context.Context) error { return s.manager.store.Create"),
		"TestR5_PersistThenCookieThenBody",
	},
	{"other cookies are sent after persisting", in("commit.go", "if problem == nil {\n\t\t\tfor", "if true {\n\t\t\tfor"), "TestAfterAFailedCommit"},
	{"a commit that failed is a clean error page", in("writer.go", "clearEntity(s.header)\n\t\ts.dropCookies()", "s.dropCookies()"), "TestR4_AStoreThatIsDownAtCommit"},
	{"an error page has none of the handler's cookies", in("writer.go", "clearEntity(s.header)\n\t\ts.dropCookies()", "clearEntity(s.header)"), "TestErrorPage|TestR4_AStoreThatIsDownAtCommit"},
	{"an error page has a cookie that the store has acknowledged", in("writer.go", "if slices.Contains(s.sentTokens, name) {", "if false && slices.Contains(s.sentTokens, name) {"), "TestRenewedCookieIsSentWithTheErrorPage|TestInnerCookie"},
	{"a handler that panics commits nothing", in("request.go", "s.forget()\n\ts.unlock()\n\tif destroyed {", "s.unlock()\n\tif true || destroyed {"), "TestR5_and_R18_APanic"},
	{"but for Destroy", in("request.go", "if destroyed {", "if false && destroyed {"), "TestR5_and_R18_APanic"},
	{"later changes are committed when the handler returns", in("request.go", "left to tell.\n\t\t_ = s.commit(s.request.Context(), true)", "left to tell."), "TestR5_TheCookieIsSentHowever"},
	{"Destroy after the response has begun reaches the store", in("request.go", "left to tell.\n\t\t_ = s.commit(s.request.Context(), true)", "left to tell."), "TestR18_DestroyAfterFlush"},
	{"nothing late is committed if anything late needs a cookie", in("commit.go", "if !open && s.needsCookie() {", "if false && s.needsCookie() {"), "TestLateChangesThatNeedACookie"},
	{"a change after the handler has returned is too late", in("session.go", "if s.finished || s.failed != nil {", "if s.failed != nil {"), "TestChangesAfterTheHandlerReturned"},
	{"a change after a commit that failed is too late", in("session.go", "if s.finished || s.failed != nil {", "if s.finished {"), "TestAfterAFailedCommit"},

	// What a commit writes.
	{"where nothing is set nothing is created", in("commit.go", "(s.standing == live || state&present != 0)", "true"), "TestAnonymousVisitStoresNothing"},
	{"Touch at most once per tenth of the idle timeout", in("persist.go", "s.base.idle <= idle-idle/10", "s.base.idle <= idle"), "TestTouchAtMostOncePerTenth"},
	{"Touch once a tenth has passed", in("persist.go", "s.base.idle <= idle-idle/10", "s.base.idle <= idle-idle"), "TestTouchAtMostOncePerTenth"},
	{"Touch once per request", in("persist.go", "&& !s.touched &&", "&&"), "TestTouchOncePerRequest"},
	{"a Touch that fails is no reason to refuse the page", in("persist.go", "s.note(Event{Kind: StoreFailed, Err: fmt.Errorf(\"extending", "panic(Event{Kind: StoreFailed, Err: fmt.Errorf(\"extending"), "TestFailedTouchDoesNotRefuseThePage"},
	{
		"Update replaces the revision that was loaded, and no newer one",
		in("update.go", "old := s.base.rev\n", "old := s.base.rev\n\t\tif newest, err := s.manager.store.Load(s.deadline, id); err == nil {\n\t\t\told = newest.Rev\n\t\t}\n"),
		"TestR1_NoIncrementIsLost",
	},
	{"Update writes a fresh revision", in("update.go", "s.encode(&h, newRev())", "s.encode(&h, s.base.rev)"), "TestFirstChangeCreates"},
	{"a failed Delete is an error page", in("persist.go", "return \"\", fmt.Errorf(\"deleting the session: %w\", err)", "return \"\", nil"), "TestR4_AStoreThatIsDownAtCommit"},
	{"no cookie where neither token nor deadline has changed", in("update.go", "sendsToken := renewing || s.rememberChanged()", "sendsToken := true"), "TestFirstChangeCreates"},
	{"an unclear error is followed by the same call again", in("repeat.go", "|| again == repeats ||", "|| true ||"), "TestR14_LostReplies"},
	{
		"with the same revision",
		in("update.go", "return s.manager.store.Update(ctx, id, old, rec, ttl)", "rec.Rev = newRev()\n\t\t\treturn s.manager.store.Update(ctx, id, old, rec, ttl)"),
		"TestR14_LostReplies",
	},
	{"but not for ever", in("repeat.go", "|| again == repeats ||", "||"), "TestRepetitionsAreFew"},
	{"what the store has said clearly is not asked again", in("repeat.go", "err == nil || isClear(err) ||", "err == nil ||"), "TestClearAnswersAreNotAskedForAgain"},

	// A conflict.
	{"a revision of mine in the history: committed", in("update.go", "if made != nil && newest.knows(newest.rev, made.rev) {", "if made != nil && newest.rev == made.rev {"), "TestR14_ALostReplyAndForeignCommits"},
	{"a revision of mine that is current: committed", in("update.go", "if made != nil && newest.knows(newest.rev, made.rev) {", "if made != nil && newest.rev != made.rev && newest.knows(newest.rev, made.rev) {"), "TestR14_AConflictWithOnesOwnWrite"},
	{"the one that was loaded in the history: replayed", in("update.go", "&& !newest.knows(newest.rev, s.base.rev) {", "{"), "TestR14_ALostReplyAndForeignCommits"},
	{"neither: never replayed", in("update.go", "if made != nil && made.unclear && !newest", "if false && !newest"), "TestR14_ALostReplyAndForeignCommits|TestR14_AConflictWithOnesOwnWrite"},
	{"a conflict that may be one with oneself is unclear", in("update.go", "repeated || !s.manager.exact", "repeated"), "TestR14_AConflictWithOnesOwnWrite"},
	{"a record remembers its last revisions", in("update.go", "n += copy(s.history[n:], h.history)", ""), "TestR14_ALostReplyAndForeignCommits"},
	{"a commit after a slow handler looks at the newest record first", in("update.go", "|| s.manager.clock().Sub(s.base.loaded) > staleAfter {", "{"), "TestSlowHandlerDoesNotLoseItsChanges|TestSlowHandlerOnAStore"},
	{"changes are replayed in their order, on the newest record", in("session.go", "for _, c := range s.changes {\n\t\ts.replay(c)\n\t}", ""), "TestReplay$"},

	// Ended or renewed since it was loaded, or already then.
	{"ended, and nobody signs in: dropped", in("persist.go", "case s.standing == ended && !signsIn:", "case false:"), "TestR2_and_R15"},
	{"ended, and somebody signs in where nobody was: created", in("persist.go", "signsIn := s.atLoad == \"\" && s.principalSet && s.principal != \"\"", "signsIn := false"), "TestR2_and_R15"},
	{"ended, and somebody signs in where somebody was: dropped", in("persist.go", "signsIn := s.atLoad == \"\" && s.principalSet", "signsIn := s.principalSet"), "TestR2_and_R15"},
	{"a session that has ended keeps nothing for the one that is created", in("persist.go", "s.standing = to\n\ts.empty()", "s.standing = to"), "TestR2_and_R15"},
	{"a replay never crosses an epoch", in("update.go", "if newest.epoch != s.base.epoch {", "if false {"), "TestR2_and_R15"},
	{"a change of the principal or of a renew field moves the epoch", in("update.go", "if moved {\n\t\t\th.epoch++", "if false && moved {\n\t\t\th.epoch++"), "TestR2_and_R15"},
	{"renewed since, same epoch: replayed without a cookie", in("update.go", "s.withoutCookie = true\n", ""), "TestR2_and_R15"},
	{
		"or dropped, if it renews itself",
		[]edit{
			{"update.go", "if renewing, _ := s.privileges(); renewing {", "if renewing, _ := s.privileges(); false && renewing {"},
			{"update.go", "if renewing && s.withoutCookie {", "if false {"},
		},
		"TestR2_and_R15|TestR3_",
	},
	{"and not replayed at a later commit of the same request either", in("update.go", "if renewing && s.withoutCookie {", "if false {"), "TestRenewalAfterAReplayAcrossARenewal"},
	{"renewed since, and somebody signs in where nobody was: created", in("update.go", "return s.lost(open)\n\t}\n\treturn \"\", s.drop(\"the session's secret", "return \"\", s.drop(\"\")\n\t}\n\treturn \"\", s.drop(\"the session's secret"), "TestR2_and_R15"},
	{"renewed already when loaded, and nobody signs in: dropped", in("persist.go", "case s.standing == renewed && !signsIn:", "case false:"), "TestSecretThatWasReplaced"},
	{"Destroy in a renewed request deletes the ID", in("persist.go", "if s.standing != absent && s.standing != doubtful {", "if s.standing != absent && s.standing != doubtful && s.standing != renewed {"), "TestDestroyWithASecretRenewedAMomentAgo"},
	{"and leaves the browser's newer cookie alone", in("persist.go", "(s.standing == live || s.standing == absent) && !s.withoutCookie", "true"), "TestDestroyWithASecretRenewedAMomentAgo"},
	{
		"commits of one session in a process queue",
		[]edit{
			{"update.go", "return s.manager.queue.enter(ctx, id)", "return nil"},
			{"update.go", "defer s.manager.queue.leave(id)", ""},
		},
		"TestCommitsInOneProcessQueue",
	},
	{"and build on the one before", in("update.go", "s.base.generation != s.manager.queue.generation(id) ||", ""), "TestCommitsInOneProcessQueue"},

	// What is renewed, and what is emptied.
	{"the principal's setter renews the secret", in("encode.go", "moved = s.principalSet\n", ""), "TestR16_|TestR15_"},
	{"so does a change of a renew field", in("encode.go", "!s.encodesAsBase(field) {\n\t\t\tmoved = true", "!s.encodesAsBase(field) {\n\t\t\tmoved = moved || false"), "TestR2_and_R15"},
	{"signing in restarts the lifetime", in("update.go", "if s.principalSet {\n\t\t\tttl.Life", "if false {\n\t\t\tttl.Life"), "TestR9_|TestR20_|SamePrincipal"},
	{"leaving a principal empties the session", in("access.go", "if before != \"\" && before != s.principal {", "if false && before != s.principal {"), "TestR16_"},
	{"of what was changed in place before, too", in("session.go", "s.fields[i].state &^= inPlace\n", "s.fields[i].state &^= 0\n"), "TestR16_"},
	{"of unknown fields, too", in("session.go", "if s.left {\n\t\treturn nil\n\t}\n\tvar err error", "var err error"), "TestR16_"},
	{"of what other programs list it by, too", in("encode.go", "if !s.left {\n\t\tterms = s.foreignTerms()", "if true {\n\t\tterms = s.foreignTerms()"), "TestR16_"},
	{"of the marks of other programs' flashes, too", in("encode.go", "if !s.left {\n\t\ts.base.eachFlash", "if true {\n\t\ts.base.eachFlash"), "TestR16_"},

	{"of the cookie that outlives the browser, too", in("persist.go", "case s.left:\n\t\th.remember = false", "case s.left:\n\t\th.remember = h.remember || false"), "TestR16_|TestRememberEndsWithThePrincipal"},

	// What is in a record, and for how long.
	{"the age of a replaced secret is told by the store's clock", []edit{
		{"update.go", "h.previousKey, h.renewed = h.key, s.lifeLeft(ttl)", "h.previousKey, h.renewed = h.key, s.now()"},
		{"open.go", "time.Duration(b.renewed)*time.Millisecond-rec.Life < renewalGrace:", "time.Duration(s.now()-b.renewed)*time.Millisecond < renewalGrace:"},
	}, "TestR9_AnOldSecret"},
	{"a write does not restart the lifetime", in("update.go", "if s.principalSet {\n\t\t\tttl.Life", "if true {\n\t\t\tttl.Life"), "TestR9_NoSession"},
	{"a write restarts the idle timeout, and so does a Touch", in("persist.go", "s.base.idle <= idle-idle/10", "s.base.idle <= idle-idle"), "TestR20_AnIdleTimeout"},
	{"fields of other programs are kept", in("session.go", "s.base.data, s.base.unknown, err =", "s.base.data, _, err ="), "TestR10_TwoReleases|TestR10_UnknownFields"},
	{"terms of other programs are kept", in("encode.go", "terms = s.foreignTerms()", "terms = nil"), "TestR10_Terms"},
	{
		"what a store is given is not in a buffer that is used again",
		in("encode.go", "b := h.append(make([]byte, 0, size))", "buffer := scratch.Get().(*[]byte)\n\tdefer scratch.Put(buffer)\n\t*buffer = slices.Grow((*buffer)[:0], size)\n\tb := h.append(*buffer)"),
		"TestR11_",
	},

	// Flashes.
	{"Take clears what it returned and no newer one", in("session.go", "if s.flash(c.field) == *c.taken {", "if true {"), "TestR17_AFlashSetAgainMeanwhile"},
	{"also if the words are the same", in("access.go", "return flash{s.base.flashMark(s.manager.schema.Fields[field].Number), s.span(field)}", "return flash{\"\", s.span(field)}"), "TestR17_AFlashSetAgainMeanwhile"},
	{"a HEAD request clears none", in("access.go", "if s.request.Method == http.MethodHead ||", "if s.request.Method == http.MethodTrace ||"), "TestR17_HEADAndPrefetch"},
	{"a prefetch request clears none", in("access.go", "|| isPrefetch(s.request) ||", "||"), "TestR17_HEADAndPrefetch"},

	// What else a response says.
	{"Vary where a session was read", in("commit.go", "if open && s.accessed {", "if false && s.accessed {"), "TestVary"},
	{"a response with a cookie is not publicly cacheable", in("writer.go", "else if len(s.header[\"Set-Cookie\"]) > 0 {", "else if false {"), "TestFirstChangeCreates|TestCookieSentEarly"},
}
