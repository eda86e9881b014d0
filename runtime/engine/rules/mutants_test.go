package rules

import "slices"

// mutant is the commit protocol without one of its rules.
type mutant struct {
	rule  string
	red   string // the tests of which one has to notice: a pattern for -run
	mixed bool   // the mix has to notice, too
	edits []edit
}

// edit replaces a text that the sources have exactly once, in whatever file.
type edit struct{ old, new string }

func instead(old, new string) []edit { return []edit{{old, new}} }

// mutants has the rules in the order in which a request meets them.
var mutants = slices.Concat(rulesOfTheRequest, rulesOfTheCommit, rulesOfConflicts, rulesOfTheRecord)

// rulesOfTheRequest are about what a session cookie is worth, and when a request commits.
var rulesOfTheRequest = []mutant{
	// The session cookie.
	{
		rule:  "a malformed token makes no store call",
		red:   "TestMalformedTokensDoNotReachTheStore",
		edits: instead("t, ok := parseToken(value)", "t, ok := parseToken(value)\n\t\tok = true"),
	},
	{
		rule:  "of more than two tokens none is used",
		red:   "TestSeveralSessionCookies",
		edits: instead("\tcase more:\n", "\tcase false:\n"),
	},
	{
		rule:  "of two tokens that both open a session none is used, and nothing is written",
		red:   "TestSessionCookieSentTwice",
		edits: instead("case alive > 1:", "case false:"),
	},
	{
		rule:  "of two tokens the one that opens a session is used",
		red:   "TestSessionCookieSentTwice",
		edits: instead("if i == 0 || s.standing == live || best.standing == absent {", "if i == 0 {"),
	},
	{
		rule:  "dead tokens do not hide a live one for good",
		red:   "TestDeadSessionCookiesLockOutNobody",
		edits: instead("s.manager.dead.add(c.value, s.deadTo())", "_ = c"),
	},

	// A middleware within itself.
	{
		rule:  "it has the session that is there only for a request with the same cookies",
		red:   "TestAnotherRequestWithinTheMiddleware",
		edits: instead("if !slices.Equal(s.sent, r.Header[\"Cookie\"]) {", "if false {"),
	},
	{
		rule:  "and only for a response that unwraps to its own",
		red:   "TestAnotherRequestWithinTheMiddleware",
		edits: instead("ok && ours.session == s {", "true || ok && ours.session == s {"),
	},
	{
		rule:  "a panic that passes it abandons the session",
		red:   "TestPanicPassesTheInnerMiddleware",
		edits: instead("s.rare().panicked = true", ""),
	},

	// What a token is worth.
	{
		rule:  "only the current key opens a session",
		red:   "TestWrongSecretSeesNothing",
		mixed: true,
		edits: instead("case m.opens(&t, &h):", "case true:"),
	},
	{
		rule:  "a label is made of the application and the cookie's name",
		red:   "TestATokenOpensNothingUnderTheCookieOfAnotherSchema",
		edits: instead("keyring.Label(\"sessiongen label\", application, base,", "keyring.Label(\"sessiongen label\", \"\", \"\","),
	},
	{
		rule:  "terms hash the application and the cookie's name in",
		red:   "TestListingAndRevokingReachOneSchemaAlone",
		edits: instead("append((*buffer)[:0], l.terms[:]...)", "(*buffer)[:0]"),
	},
	{
		rule:  "a session of an earlier label gets a key under the current one",
		red:   "TestAnApplicationIsRenamed$",
		edits: instead("w.renewing || h.Label != m.label && !s.superseded", "w.renewing"),
	},
	{
		rule:  "a client that cannot be identified is another one",
		red:   "TestATokenIsWorthNothingToAClientThatCannotBeIdentified",
		edits: instead("if bound == \"\" {\n", "if s.identifyClient(); bound == \"\" || s.more == nil || s.more.clientHash == \"\" {\n"),
	},
	{
		rule:  "the time since a sign-in is by the store's clock",
		red:   "TestAuthenticatedWithinIsByTheStoresClock",
		edits: instead("case s.manager.sealed:\n\t\treturn now.Sub", "case true:\n\t\treturn now.Sub"),
	},
	{
		rule:  "the key before it says that the secret was renewed",
		red:   "TestSecretThatWasReplaced",
		edits: instead("Since(h.Renewed, life) < RenewalGrace", "Since(h.Renewed, life) < 0"),
	},
	{
		rule:  "that ends after 60 seconds",
		red:   "TestSecretThatWasReplaced",
		edits: instead("Since(h.Renewed, life) < RenewalGrace", "Since(h.Renewed, life) < 100*RenewalGrace"),
	},
	{
		rule:  "the key before it opens nothing",
		red:   "TestSecretThatWasReplaced",
		mixed: true,
		edits: instead("s.closeOpened()\n\t\ts.standing, s.token = renewed, t\n", "s.open(t)\n"),
	},
	{
		rule:  "a tombstone says that the session has ended",
		red:   "TestDestroy$",
		mixed: true,
		edits: instead("s.standing, s.token = ended, t\n\t\ts.note(runtime.Event{Kind: runtime.EventGone})\n\t\treturn nil\n\tcase errors.Is(err, runtime.ErrNotFound):\n\t\ts.note", "s.note(runtime.Event{Kind: runtime.EventGone})\n\t\treturn nil\n\tcase errors.Is(err, runtime.ErrNotFound):\n\t\ts.note"),
	},
	{
		rule: "what a client sent is never adopted",
		red:  "TestIDsAreDrawnAnew",
		edits: []edit{
			{"s.note(runtime.Event{Kind: runtime.EventExpired, ID: t.id})\n", "s.note(runtime.Event{Kind: runtime.EventExpired, ID: t.id})\n\t\ts.token = t\n"},
			{"rev := s.token.draw(m.sealed)\n", "sent := s.token.id\n\t\trev := s.token.draw(m.sealed)\n\t\tif sent != (runtime.ID{}) {\n\t\t\ts.token.id = sent\n\t\t}\n"},
		},
	},
	{
		rule:  "a principal that disagrees with the record's term is nobody",
		red:   "RecordWithAnotherPrincipalThanItsTerm",
		edits: instead("if s.principal != \"\" && !s.hasTerm(", "if false && !s.hasTerm("),
	},
	{
		rule: "a store that fails is an error page, and the handler does not run",
		red:  "TestR4_AStoreThatIsDownAtLoadLetsNobodyIn",
		edits: instead(
			"return fmt.Errorf(\"sessiongen: loading the session: %w\", err)",
			"_ = fmt.Errorf\n\t\treturn nil",
		),
	},

	// When a commit happens.
	{
		rule:  "a commit goes on when the client is gone",
		red:   "TestR18_AClientThatIsGone",
		edits: instead("s.startDeadline(parent, true)", "s.startDeadline(parent, false)"),
	},
	{
		rule: "a commit has a deadline of its own",
		red:  "TestR4_AStoreThatHangs",
		edits: instead(
			"timed.Context, timed.cancel = context.WithDeadline(parent, c.deadline)",
			"timed.Context, timed.cancel = context.WithCancel(parent)",
		),
	},
	{
		rule:  "informational responses do not commit",
		red:   "TestR5_EarlyHints",
		edits: instead("status >= 100 && status <= 199 &&", "false &&"),
	},
	{
		rule:  "101 commits",
		red:   "TestR5_HijackAndSwitchingProtocols",
		edits: instead("&& status != http.StatusSwitchingProtocols", "&& status != http.StatusOK"),
	},
	{
		rule:  "Flush commits first",
		red:   "TestR5_TheCookieIsSentHowever",
		edits: instead("if err := w.begin(); err != nil {\n\t\treturn err\n\t}\n\treturn http", "return http"),
	},
	{
		rule:  "Hijack commits first",
		red:   "TestR5_HijackAndSwitchingProtocols",
		edits: instead("if err := w.begin(); err != nil {\n\t\treturn nil, nil, err\n\t}\n", ""),
	},
	{
		rule:  "a session is persisted before its cookie is sent",
		red:   "TestR5_PersistThenCookieThenBody",
		edits: instead("err = s.call(func(ctx context.Context) error { return store.Create", "s.header.Add(\"Set-Cookie\", s.cookieLine(\"\"))\n\t\ts.acknowledged(s.manager.cookie.options.Name)\n\t\terr = s.call(func(ctx context.Context) error { return store.Create"),
	},
	{
		rule:  "other cookies are sent after persisting",
		red:   "TestAfterAFailedCommit",
		edits: instead("if problem != nil && !c.cleared {", "if false {"),
	},
	{
		rule:  "a commit that failed is a clean error page",
		red:   "TestR4_AStoreThatIsDownAtCommit",
		edits: instead("s.restoreHeader()\n", "setNoStore(s.header)\n"),
	},
	{
		rule:  "an error page has none of the handler's cookies",
		red:   "TestErrorPage|TestR4_AStoreThatIsDownAtCommit",
		edits: instead("name) || isDeletion(line)", "name) || true || isDeletion(line)"),
	},
	{
		rule: "an error page has a cookie that the store has acknowledged",
		red:  "TestRenewedCookieIsSentWithTheErrorPage|TestInnerCookie",
		edits: instead(
			"if slices.Contains(s.sentTokens(), name) ||",
			"if false && slices.Contains(s.sentTokens(), name) ||",
		),
	},
	{
		rule:  "a handler that panics commits nothing",
		red:   "TestR5_and_R18_APanic",
		mixed: true,
		edits: instead("s.writer.status = hasPanicked\n", ""),
	},
	{
		rule:  "but for Destroy",
		red:   "TestR5_and_R18_APanic",
		edits: instead("s.writer.status = hasPanicked\n\t_ = s.commit(s.request.Context(), atReturn)", "s.writer.status = hasPanicked"),
	},
	{
		rule:  "a response of 500 and above commits nothing",
		red:   "TestAFailedResponseCommitsNothing",
		edits: instead("return status == hasPanicked || status >=", "return status == hasPanicked || false && status >="),
	},
	{
		rule:  "but for leaving a principal",
		red:   "TestAFailedResponseCommitsWhatEnds",
		edits: instead("if left && s.principal != \"\" {", "if false && left {"),
	},
	{
		rule:  "and RevokeOthers",
		red:   "TestAFailedResponseCommitsWhatEnds",
		edits: instead("if !others {", "if true || !others {"),
	},
	{
		rule:  "Discard discards",
		red:   "TestDiscard",
		edits: instead("if s.awaitCommit(noField, \"discarded\") && s.phase != returned {", "if false {"),
	},
	{
		rule:  "Destroy after the handler has returned reaches the store",
		red:   "TestR18_TimeoutHandlerGivesUp|TestDestroyAfterTheHandlerReturned",
		edits: instead("late := s.phase == returned\n", "late := false\n"),
	},
	{
		rule:  "Commit does not acknowledge what was dropped",
		red:   "TestCommitAnswersErrEnded",
		edits: instead("return s.takeLost()", "return nil"),
	},
	{
		rule:  "later changes are committed when the handler returns",
		red:   "TestR5_TheCookieIsSentHowever",
		edits: instead("becomes an event only.\n\t\t_ = s.commit(s.request.Context(), atReturn)", "becomes an event only."),
	},
	{
		rule:  "Destroy after the response has begun reaches the store",
		red:   "TestR18_DestroyAfterFlush",
		edits: instead("becomes an event only.\n\t\t_ = s.commit(s.request.Context(), atReturn)", "becomes an event only."),
	},
	{
		rule:  "nothing late is committed if anything late needs a cookie",
		red:   "TestLateChangesThatNeedACookie",
		edits: instead("if !unsent && s.needsCookie() {", "if false && s.needsCookie() {"),
	},
	{
		rule:  "a change after the handler has returned is too late",
		red:   "TestChangesAfterTheHandlerReturned",
		edits: instead("if s.phase == returned || s.failure() != nil || s.panicked() {", "if s.failure() != nil {"),
	},
	{
		rule:  "a change after a commit that failed is too late",
		red:   "TestAfterAFailedCommit",
		edits: instead("if s.phase == returned || s.failure() != nil || s.panicked() {", "if s.phase == returned {"),
	},
}
