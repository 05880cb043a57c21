// One login to the emulator by Go's lib/pq or go-sql-driver/mysql.
//
// Takes the case as JSON in its first argument, with a token that is signed already, and prints the
// outcome as JSON: {"row": [...]} or {"error": "..."}.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/lib/pq"
)

type login struct {
	Driver      string
	Host        string
	Address     string
	Port        int
	Database    string
	CAFile      string `json:"ca_file"`
	User        string
	Token       string
	Query       string
	Values      []interface{}
	Does        string
	Interpolate bool
	Variables   map[string]string
}

// elsewhere connects to the emulator's address, whatever name the driver verifies.
type elsewhere struct{ address string }

func (e elsewhere) Dial(network, _ string) (net.Conn, error) {
	return net.Dial(network, e.address)
}

func (e elsewhere) DialTimeout(network, _ string, timeout time.Duration) (net.Conn, error) {
	return net.DialTimeout(network, e.address, timeout)
}

func (l login) emulator() string {
	return net.JoinHostPort(l.Address, strconv.Itoa(l.Port))
}

func (l login) postgres() (driver.Connector, error) {
	connector, err := pq.NewConnector(l.settings())
	if err != nil {
		return nil, err
	}
	connector.Dialer(elsewhere{l.emulator()})
	return connector, nil
}

func (l login) settings() string {
	quote := strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace
	return fmt.Sprintf(
		"host='%s' port=%d dbname='%s' user='%s' password='%s' "+
			"sslmode=verify-full sslrootcert='%s' connect_timeout=10",
		quote(l.Host), l.Port, quote(l.Database), quote(l.User), quote(l.Token), quote(l.CAFile))
}

func (l login) mysql() (driver.Connector, error) {
	authority, err := os.ReadFile(l.CAFile)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	mysql.RegisterTLSConfig("emulator", &tls.Config{RootCAs: roots, ServerName: l.Host})
	config := mysql.NewConfig()
	config.Net, config.Addr, config.DBName = "tcp", l.emulator(), l.Database
	config.User, config.Passwd = l.User, l.Token
	config.AllowCleartextPasswords, config.TLSConfig = true, "emulator"
	config.InterpolateParams, config.Params = l.Interpolate, l.Variables
	config.Timeout = 10 * time.Second
	return mysql.NewConnector(config)
}

// row does what the case asks for, and then asks its query.
func (l login) row() ([]string, error) {
	open := map[string]func() (driver.Connector, error){"postgres": l.postgres, "mysql": l.mysql}
	connector, err := open[l.Driver]()
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	options := map[string]*sql.TxOptions{
		"isolation": {Isolation: sql.LevelSerializable},
		"read only": {ReadOnly: true},
	}[l.Does]
	if options != nil {
		if err := transaction(db, options); err != nil {
			return nil, err
		}
	}
	if l.Does == "listen" {
		listener := pq.NewDialListener(
			elsewhere{l.emulator()}, l.settings(), time.Second, time.Minute, nil)
		defer listener.Close()
		if err := listener.Listen("news"); err != nil {
			return nil, err
		}
	}
	return row(db, l.Query, l.Values)
}

func transaction(db *sql.DB, options *sql.TxOptions) error {
	begun, err := db.BeginTx(context.Background(), options)
	if err != nil {
		return err
	}
	if _, err := begun.Exec("SELECT 1"); err != nil {
		return err
	}
	return begun.Commit()
}

func row(db *sql.DB, query string, values []interface{}) ([]string, error) {
	rows, err := db.Query(query, values...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	row, places := make([]string, len(columns)), make([]interface{}, len(columns))
	for number := range row {
		places[number] = &row[number]
	}
	if rows.Next() {
		err = rows.Scan(places...)
	}
	return row, err
}

func main() {
	var l login
	if err := json.Unmarshal([]byte(os.Args[1]), &l); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	row, err := l.row()
	outcome := map[string]interface{}{"row": row}
	if err != nil {
		outcome = map[string]interface{}{"error": err.Error()}
	}
	if err := json.NewEncoder(os.Stdout).Encode(outcome); err != nil {
		os.Exit(1)
	}
}
