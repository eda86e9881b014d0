package bench

import (
	"testing"

	"github.com/sessiongen/sessiongen/runtime/memstore"
)

func inMemory(t *testing.T) *memstore.Store {
	t.Helper()
	store := memstore.New()
	t.Cleanup(func() { store.Close() })
	return store
}

// A control that the peer passes proves nothing of ours: that is an error too.

func TestR1_PeersLoseIncrements(t *testing.T) {
	eachPeer(t, func(t *testing.T, peer, ours *application) {
		const workers = 64
		rounds := 4
		if long {
			rounds = 1 + 100_000/workers
		}
		number := ours.increments(t, workers, rounds)
		t.Logf("sessiongen: %d of %d increments lost", workers*rounds-number, workers*rounds)
		if number != workers*rounds {
			t.Errorf("sessiongen lost %d of %d increments", workers*rounds-number, workers*rounds)
		}
		number = peer.increments(t, workers, rounds)
		t.Logf("%s: %d of %d increments lost", peer.name, workers*rounds-number, workers*rounds)
		if number == workers*rounds {
			t.Errorf("%s lost nothing: what this test proves of sessiongen is not much", peer.name)
		}
	})
}

func TestR2_PeersBringBackWhatHasEnded(t *testing.T) {
	eachPeer(t, func(t *testing.T, peer, ours *application) {
		if ours.survives(t, visit.add) {
			t.Error("sessiongen: the session is alive after its logout")
		}
		if !peer.survives(t, visit.add) {
			t.Errorf("%s: the session has ended: what this test proves of sessiongen is not much", peer.name)
		}
	})
}

// With scs's IdleTimeout, and with fiber always, a request that only reads is enough.
func TestR2_ARequestThatOnlyReadsBringsBackWhatHasEnded(t *testing.T) {
	reads := func(visit) {}
	eachPeer(t, func(t *testing.T, peer, ours *application) {
		if ours.survives(t, reads) {
			t.Error("sessiongen: the session is alive after its logout")
		}
		if peer.name != "scs" && peer.name != "fiber" {
			t.Skipf("%s writes what a handler saves, and this one saves nothing", peer.name)
		}
		if !peer.survives(t, reads) {
			t.Errorf("%s: the session has ended: what this test proves of sessiongen is not much", peer.name)
		}
	})
}

// The token is renewed in the midst of another request: the old one is to open nothing.
func TestASVS_7_2_4_PeersBringBackAnOldToken(t *testing.T) {
	eachPeer(t, func(t *testing.T, peer, ours *application) {
		revives := func(a *application) bool {
			old := a.request(t, "", visit.login)
			renewed := a.meanwhile(t, old, visit.renew, visit.add)
			if renewed == old || !a.opens(t, renewed) {
				t.Errorf("%s: the token was not renewed", a.name)
			}
			return a.opens(t, old)
		}
		if revives(ours) {
			t.Error("sessiongen: the old token opens the session after its renewal")
		}
		if peer.name != "scs" && peer.name != "fiber" {
			t.Skipf("%s has no renewal", peer.name)
		}
		if !revives(peer) {
			t.Errorf("%s: the old token is dead: what this test proves of sessiongen is not much", peer.name)
		}
	})
}

// Somebody keeps a cookie, and comes again after the logout.
func TestASVS_7_4_1_ACookieIsReplayedAfterTheLogout(t *testing.T) {
	replays := func(a *application) bool {
		first := a.request(t, "", visit.login)
		second := a.request(t, first, visit.add)
		a.request(t, second, func(v visit) {
			if err := v.logout(); err != nil {
				t.Errorf("%s: logout: %v", a.name, err)
			}
		})
		return a.opens(t, first) || a.opens(t, second)
	}
	if replays(withSessiongen(t, inMemory(t))) {
		t.Error("sessiongen in memory: an earlier cookie opens the session after its logout")
	}
	if peer := withGorillaCookies(t); !replays(peer) {
		t.Errorf("%s: earlier cookies are dead: what this test proves of sessiongen is not much", peer.name)
	}
}
