package gen

import (
	"context"
	"path/filepath"

	"github.com/sessiongen/sessiongen/gen/internal/lock"
	"github.com/sessiongen/sessiongen/gen/internal/model"
	"github.com/sessiongen/sessiongen/gen/internal/parse"
	"github.com/sessiongen/sessiongen/gen/internal/rename"
)

// RenameConfig says which field gets which name.
type RenameConfig struct {
	Dir     string // where the program and positions start from; empty: the working directory
	Schema  string // visitor
	Field   string // Name
	To      string // FullName
	Package string // folder or import path; empty: the one in Dir, or the only one with such a schema

	Warn func(Error) // called with what is left to a person; nil: not called
}

// Rename gives a field of a schema, and the methods that are generated for it, another name in
// all packages of the main modules and in their tests. The files that it returns are those that
// change: edited ones, the generated code and the lock. No session loses a value: the key stays,
// or the tag names it in was=. An error about the program is of type [Errors].
func Rename(ctx context.Context, config RenameConfig) ([]File, error) {
	dir, err := filepath.Abs(config.Dir)
	if err != nil {
		return nil, err
	}
	program, err := rename.Load(ctx, dir)
	if err != nil {
		return nil, err
	}
	field, errs, err := program.Find(ctx, config.Schema, config.Field, config.Package)
	if err != nil {
		return nil, err
	}
	if errs != nil {
		return nil, errs.RelativeTo(dir)
	}
	change, files, errs, err := renamed(field, config.To, false)
	if errs != nil && field.MayPin(config.To) {
		// The new key is taken, or has been: the old one can still be kept in the tag.
		if pinned, kept, wrong, _ := renamed(field, config.To, true); wrong == nil && pinned != nil {
			change, files, errs = pinned, kept, nil
		}
	}
	if err != nil {
		return nil, err
	}
	if errs != nil {
		return nil, errs.RelativeTo(dir)
	}
	if config.Warn != nil {
		for _, warning := range change.Warnings().RelativeTo(dir) {
			config.Warn(warning)
		}
	}
	return files, nil
}

// renamed makes the change and generates anew, and reports what stands against it.
func renamed(field *rename.Field, to string, pin bool) (*rename.Change, []File, model.Errors, error) {
	change, errs := field.To(to, pin)
	if errs != nil {
		return nil, nil, errs, nil
	}
	path, output := change.Output()
	src := change.Source()
	found, _ := parse.Package(src, nil)
	pkg, errs := parse.Package(src, schemasBehind(output, found.Schemas))
	if errs != nil {
		return nil, nil, change.Original(errs), nil
	}
	sound, locks, errs := lock.Check([]*model.Package{pkg}, nil, nil)
	if errs != nil {
		return nil, nil, change.Original(errs), nil
	}
	files, errs, err := emitAll(sound, locks, filepath.Base(path))
	if errs != nil || err != nil {
		return nil, nil, change.Original(errs), err
	}
	if errs := change.Check(files[0].Content); errs != nil {
		return nil, nil, errs, nil
	}
	for _, f := range change.Edited() {
		files = append(files, File{Path: f.Path, Content: f.Content, amends: true, before: f.Before})
	}
	return change, files, nil, nil
}
