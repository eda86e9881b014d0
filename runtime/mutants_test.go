package runtime_test

import "slices"

// mutant is the commit protocol without one of its rules.
type mutant struct {
	rule  string
	red   string // the tests of which one has to notice: a pattern for -run
	edits []edit
}

// edit replaces a text that a file has exactly once.
type edit struct{ file, old, new string }

func in(file, old, new string) []edit { return []edit{{file, old, new}} }

// mutants has the rules in the order in which a request meets them.
var mutants = slices.Concat(rulesOfTheRequest, rulesOfTheCommit, rulesOfConflicts, rulesOfTheRecord)

// rulesOfTheRequest are about what a session cookie is worth, and when a request commits.
var rulesOfTheRequest = []mutant{
	// The session cookie.
	{
		rule:  "a malformed token makes no store call",
		red:   "TestMalformedTokensDoNotReachTheStore",
		edits: in("open.go", "t, ok := parseToken(value)", "t, ok := parseToken(value)\n\t\tok = true"),
	},
	{
		rule:  "of more than two tokens none is used",
		red:   "TestSeveralSessionCookies",
		edits: in("open.go", "case count > 2:", "case count > 9:"),
	},
	{
		rule: "of two tokens that both open a session none is used, and nothing is written",
		red:  "TestSessionCookieSentTwice",
		edits: in("open.go",
			"s.standing = doubtful\n\t\ts.note(Event{Kind: CookieRefused, Field: s.manager.cookie.options.Name, Reason: \"sent twice, and both",
			"s.note(Event{Kind: CookieRefused, Field: s.manager.cookie.options.Name, Reason: \"sent twice, and both",
		),
	},
	{
		rule:  "of two tokens the one that opens a session is used",
		red:   "TestSessionCookieSentTwice",
		edits: in("open.go", "return s.open(second)\n", "return nil\n"),
	},

	// What a token is worth.
	{
		rule:  "only the current key opens a session",
		red:   "TestWrongSecretSeesNothing",
		edits: in("open.go", "case subtle.ConstantTimeCompare(key[:], []byte(h.key)) == 1:", "case true:"),
	},
	{
		rule:  "the key before it says that the secret was renewed",
		red:   "TestSecretThatWasReplaced",
		edits: in("header.go", "-life < renewalGrace", "-life < 0"),
	},
	{
		rule:  "that ends after 60 seconds",
		red:   "TestSecretThatWasReplaced",
		edits: in("header.go", "-life < renewalGrace", "-life < 100*renewalGrace"),
	},
	{
		rule:  "the key before it opens nothing",
		red:   "TestSecretThatWasReplaced",
		edits: in("open.go", "s.reset()\n\t\ts.standing, s.token = renewed, t\n", "_ = s.adopt(t)\n"),
	},
	{
		rule:  "a tombstone says that the session has ended",
		red:   "TestDestroy$",
		edits: in("open.go", "s.standing, s.token = ended, t\n", ""),
	},
	{
		rule: "what a client sent is never adopted",
		red:  "TestIDsAreDrawnAnew",
		edits: []edit{
			{"open.go",
				"s.note(Event{Kind: Expired, ID: t.id})\n",
				"s.note(Event{Kind: Expired, ID: t.id})\n\t\ts.token = t\n",
			},
			{"persist.go",
				"rev := s.token.draw()\n",
				"sent := s.token.id\n\t\trev := s.token.draw()\n\t\tif sent != (ID{}) {\n\t\t\ts.token.id = sent\n\t\t}\n",
			},
		},
	},
	{
		rule:  "a principal that disagrees with the record's term is nobody",
		red:   "RecordWithAnotherPrincipalThanItsTerm",
		edits: in("open.go", "return errPrincipal\n", "return nil\n"),
	},
	{
		rule: "a store that fails is an error page, and the handler does not run",
		red:  "TestR4_AStoreThatIsDownAtLoadLetsNobodyIn",
		edits: in("open.go",
			"return fmt.Errorf(\"sessiongen: loading the session: %w\", err)",
			"_ = fmt.Errorf\n\t\treturn nil",
		),
	},

	// When a commit happens.
	{
		rule:  "a commit goes on when the client is gone",
		red:   "TestR18_AClientThatIsGone",
		edits: in("commit.go", "s.startDeadline(parent, true)", "s.startDeadline(parent, false)"),
	},
	{
		rule: "a commit has a deadline of its own",
		red:  "TestR4_AStoreThatHangs",
		edits: in("deadline.go",
			"timed.Context, timed.cancel = context.WithDeadline(parent, c.deadline)",
			"timed.Context, timed.cancel = context.WithCancel(parent)",
		),
	},
	{
		rule:  "informational responses do not commit",
		red:   "TestR5_EarlyHints",
		edits: in("writer.go", "status >= 100 && status <= 199 &&", "false &&"),
	},
	{
		rule:  "101 commits",
		red:   "TestR5_HijackAndSwitchingProtocols",
		edits: in("writer.go", "&& status != http.StatusSwitchingProtocols", "&& status != http.StatusOK"),
	},
	{
		rule:  "Flush commits first",
		red:   "TestR5_TheCookieIsSentHowever",
		edits: in("writer.go", "if err := w.begin(); err != nil {\n\t\treturn err\n\t}\n\treturn http", "return http"),
	},
	{
		rule:  "Hijack commits first",
		red:   "TestR5_HijackAndSwitchingProtocols",
		edits: in("writer.go", "if err := w.begin(); err != nil {\n\t\treturn nil, nil, err\n\t}\n", ""),
	},
	{
		rule: "a session is persisted before its cookie is sent",
		red:  "TestR5_PersistThenCookieThenBody",
		edits: in("persist.go",
			"err = s.call(func(ctx context.Context) error { return s.manager.store.Create",
			"s.header.Add(\"Set-Cookie\", s.tokenCookie())\n\t\ts.acknowledged(s.manager.cookie.options.Name)\n\t\terr = s.call(func(ctx context.Context) error { return s.manager.store.Create",
		),
	},
	{
		rule:  "other cookies are sent after persisting",
		red:   "TestAfterAFailedCommit",
		edits: in("commit.go", "if problem == nil {\n\t\t\tfor", "if true {\n\t\t\tfor"),
	},
	{
		rule:  "a commit that failed is a clean error page",
		red:   "TestR4_AStoreThatIsDownAtCommit",
		edits: in("writer.go", "clearEntity(s.header)\n\t\ts.dropCookies()", "s.dropCookies()"),
	},
	{
		rule:  "an error page has none of the handler's cookies",
		red:   "TestErrorPage|TestR4_AStoreThatIsDownAtCommit",
		edits: in("writer.go", "clearEntity(s.header)\n\t\ts.dropCookies()", "clearEntity(s.header)"),
	},
	{
		rule: "an error page has a cookie that the store has acknowledged",
		red:  "TestRenewedCookieIsSentWithTheErrorPage|TestInnerCookie",
		edits: in("writer.go",
			"if slices.Contains(s.sentTokens(), name) {",
			"if false && slices.Contains(s.sentTokens(), name) {",
		),
	},
	{
		rule:  "a handler that panics commits nothing",
		red:   "TestR5_and_R18_APanic",
		edits: in("request.go", "s.forget()\n\ts.finished = !destroyed\n\ts.stopLookingAtReturn()\n\ts.unlock()\n\tif destroyed {", "s.unlock()\n\tif true || destroyed {"),
	},
	{
		rule:  "but for Destroy",
		red:   "TestR5_and_R18_APanic",
		edits: in("request.go", "if destroyed {", "if false && destroyed {"),
	},
	{
		rule:  "later changes are committed when the handler returns",
		red:   "TestR5_TheCookieIsSentHowever",
		edits: in("request.go", "left to tell.\n\t\t_ = s.commit(s.request.Context(), atReturn)", "left to tell."),
	},
	{
		rule:  "Destroy after the response has begun reaches the store",
		red:   "TestR18_DestroyAfterFlush",
		edits: in("request.go", "left to tell.\n\t\t_ = s.commit(s.request.Context(), atReturn)", "left to tell."),
	},
	{
		rule:  "nothing late is committed if anything late needs a cookie",
		red:   "TestLateChangesThatNeedACookie",
		edits: in("commit.go", "if !open && s.needsCookie() {", "if false && s.needsCookie() {"),
	},
	{
		rule:  "a change after the handler has returned is too late",
		red:   "TestChangesAfterTheHandlerReturned",
		edits: in("session.go", "if s.finished || s.failure() != nil {", "if s.failure() != nil {"),
	},
	{
		rule:  "a change after a commit that failed is too late",
		red:   "TestAfterAFailedCommit",
		edits: in("session.go", "if s.finished || s.failure() != nil {", "if s.finished {"),
	},
}
