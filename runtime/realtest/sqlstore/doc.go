// Package sqlstore holds no code. Its tests run the store of the same name through real
// drivers, against SQLite and against PostgreSQL and MariaDB servers of their own.
package sqlstore
