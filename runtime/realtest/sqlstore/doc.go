// Package sqlstore is for developers of this module and contains tests only. They run the store of
// the same name through real drivers, against SQLite and against PostgreSQL and MariaDB servers of
// their own.
package sqlstore
