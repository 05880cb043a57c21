<?php
// Does one thing with Laravel's database component, for pinning.py, which gives it the login as JSON.

use Illuminate\Database\Capsule\Manager;

require "Illuminate/Database/autoload.php";

$login = json_decode($argv[1], true);
$driver = $login["driver"];
$verified = [
    "mysql" => fn() => ["options" => [
        PDO::MYSQL_ATTR_SSL_CA => $login["ca_file"], PDO::MYSQL_ATTR_SSL_VERIFY_SERVER_CERT => true,
    ] + ($login["emulates"] ? [PDO::ATTR_EMULATE_PREPARES => true] : [])],
    "pgsql" => fn() => ["sslmode" => "verify-full", "sslrootcert" => $login["ca_file"],
        "options" => $login["emulates"] ? [PDO::ATTR_EMULATE_PREPARES => true] : []],
];
$manager = new Manager();
$manager->addConnection($verified[$driver]() + $login["settings"] + [
    "driver" => $driver, "host" => $login["host"], "port" => $login["port"],
    "username" => $login["user"], "password" => $login["token"], "database" => $login["database"],
]);
$connection = $manager->getConnection();
$connection->transaction(fn() => $connection->select("SELECT 1 WHERE 1 = ?", [1]));
$connection->getSchemaBuilder()->create("laravel_" . getmypid(), fn($table) => $table->id());
echo "{}";
