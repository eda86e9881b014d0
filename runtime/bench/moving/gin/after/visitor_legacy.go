package tasks

// FillVisitor fills a session of ours from an old one. Give it to runtime.WithLegacy, so that
// nobody is signed out by the move; when that is over, remove this file. It was written by
// sessiongen init, and is yours from now on.
func FillVisitor(v *Visitor, old map[any]any) error {
	if value, ok := old["user"].(string); ok {
		v.SetUser(value)
	}
	if values, ok := old["notice"].([]any); ok {
		for _, value := range values {
			if value, ok := value.(string); ok {
				v.AppendNotice(value)
			}
		}
	}
	if value, ok := old["open"].([]string); ok {
		v.SetOpen(value)
	}
	v.Remember(true) // as the old cookie, this one outlives the browser
	return nil
}
