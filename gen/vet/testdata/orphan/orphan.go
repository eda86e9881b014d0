// Package orphan had a schema.
package orphan
