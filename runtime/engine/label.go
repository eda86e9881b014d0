package engine

import (
	"crypto/subtle"
	"slices"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/record"
)

// applications returns the names of the application: the current one, then the earlier ones.
func (m *Manager) applications() []string {
	names := []string{m.options.Application}
	for _, name := range m.options.EarlierApplications {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// setLabels sets the labels of stored sessions, see [record.Label].
func (m *Manager) setLabels() {
	for _, name := range m.applications() {
		m.labels = append(m.labels, record.NewLabel(name, &m.schema.Cookie))
	}
	m.label = string(m.labels[0].Digest[:])
}

// labelOf returns the label of a record, or nil if the record is not of this manager's sessions.
func (m *Manager) labelOf(h *record.Header) *record.Label {
	for i := range m.labels {
		if h.Label == string(m.labels[i].Digest[:]) {
			return &m.labels[i]
		}
	}
	return nil
}

// opens reports whether a token has the current secret of a record.
func (m *Manager) opens(t *token, h *record.Header) bool {
	label := m.labelOf(h)
	if label == nil {
		return false
	}
	key := label.Key(t.secret)
	return subtle.ConstantTimeCompare(key[:], []byte(h.Key)) == 1
}

// wasReplaced reports whether a token has a secret that the record remembers as replaced. The
// secret may have been replaced when the record had an earlier label.
func (m *Manager) wasReplaced(t *token, h *record.Header) bool {
	replaced := false
	for i := range m.labels {
		replaced = h.Replaced(m.labels[i].Key(t.secret)) || replaced
	}
	return replaced
}

// term returns the term that a field with a value in the wire form has under a label.
func (m *Manager) term(label, field int, value string) runtime.Term {
	return m.labels[label].Term(m.schema.Fields[field].firstKey(), value)
}

// eachLabel calls do with the number of each label under which a session may be found. A commit
// moves a session from an earlier label to the current one, so the earlier ones come first.
// Replicas that have the names the other way round move it back, so they come again at the end.
func (m *Manager) eachLabel(do func(label int) error) error {
	for i := 1; i < len(m.labels); i++ {
		if err := do(i); err != nil {
			return err
		}
	}
	for i := range m.labels {
		if err := do(i); err != nil {
			return err
		}
	}
	return nil
}

// eachTerm calls do with each term under which a session may be found whose field has a value in
// the wire form.
func (m *Manager) eachTerm(field int, value string, do func(runtime.Term) error) error {
	return m.eachLabel(func(label int) error { return do(m.term(label, field, value)) })
}
