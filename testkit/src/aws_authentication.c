/* What stands in for AWSAuthenticationPlugin in MariaDB: RDS alone has the real one.
 *
 * Like that one it asks for the token in clear. It accepts any, since the tests that use it are not
 * about tokens, if the user was made with AS 'RDS'. That TLS is used is the server's matter, by the
 * user's REQUIRE SSL.
 *
 * The structures are MariaDB's, as far as they are used, so that no headers are needed:
 * https://github.com/MariaDB/server/blob/10.11/include/mysql/plugin_auth.h
 * https://github.com/MariaDB/server/blob/10.11/include/mysql/plugin.h
 */

enum { AUTHENTICATION_PLUGIN = 7, INTERFACE = 0x0202, PLUGIN_INTERFACE = 0x0104, GPL = 1 };
enum { OK = -1, FAILED = 0 };

struct vio {
    int (*read_packet)(struct vio *vio, unsigned char **packet);
};

struct login {
    const char *user;
    unsigned int user_length;
    const char *auth_string;
    unsigned long auth_string_length;
};

static int authenticate(struct vio *vio, struct login *login) {
    unsigned char *token;
    int length = vio->read_packet(vio, &token);
    const char *rds = login->auth_string;
    int is_rds = login->auth_string_length == 3 && rds[0] == 'R' && rds[1] == 'D' && rds[2] == 'S';
    return is_rds && length > 1 ? OK : FAILED;
}

static struct {
    int interface;
    const char *client_plugin;
    int (*authenticate)(struct vio *, struct login *);
    void *hash_password, *preprocess_hash;
} authentication = {INTERFACE, "mysql_clear_password", authenticate, 0, 0};

struct plugin {
    int type;
    void *info;
    const char *name, *author, *description;
    int license;
    int (*init)(void *), (*deinit)(void *);
    unsigned int version;
    void *status, *variables, *reserved;
    unsigned long flags;
};

int _mysql_plugin_interface_version_ = PLUGIN_INTERFACE;
int _mysql_sizeof_struct_st_plugin_ = sizeof(struct plugin);
struct plugin _mysql_plugin_declarations_[] = {
    {.type = AUTHENTICATION_PLUGIN,
     .info = &authentication,
     .name = "AWSAuthenticationPlugin",
     .author = "rds-proxy-probe",
     .description = "Stand-in for RDS's plugin",
     .license = GPL},
    {0},
};
