// One login to the emulator by Go's lib/pq.
//
// Takes the case as JSON in its first argument, with a token that is signed already, and prints the
// outcome as JSON: {"row": [...]} or {"error": "..."}.
package main

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/lib/pq"
)

type login struct {
	Host     string
	Address  string
	Port     int
	Database string
	CAFile   string `json:"ca_file"`
	User     string
	Token    string
	Query    string
}

// elsewhere connects to the emulator's address, whatever name lib/pq verifies.
type elsewhere struct{ address string }

func (e elsewhere) Dial(network, _ string) (net.Conn, error) {
	return net.Dial(network, e.address)
}

func (e elsewhere) DialTimeout(network, _ string, timeout time.Duration) (net.Conn, error) {
	return net.DialTimeout(network, e.address, timeout)
}

func (l login) row() ([]string, error) {
	quote := strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace
	connector, err := pq.NewConnector(fmt.Sprintf(
		"host='%s' port=%d dbname='%s' user='%s' password='%s' "+
			"sslmode=verify-full sslrootcert='%s' connect_timeout=10",
		quote(l.Host), l.Port, quote(l.Database), quote(l.User), quote(l.Token), quote(l.CAFile)))
	if err != nil {
		return nil, err
	}
	connector.Dialer(elsewhere{net.JoinHostPort(l.Address, strconv.Itoa(l.Port))})
	db := sql.OpenDB(connector)
	defer db.Close()
	row := make([]string, 4)
	err = db.QueryRow(l.Query).Scan(&row[0], &row[1], &row[2], &row[3])
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
