<?php
// Does one thing with Doctrine's DBAL over PDO, for pinning.py, which gives it the login as JSON.

use Doctrine\DBAL\DriverManager;

require "Doctrine/DBAL/autoload.php";

$login = json_decode($argv[1], true);
$verified = [
    "mysql" => fn() => ["driverOptions" => [
        PDO::MYSQL_ATTR_SSL_CA => $login["ca_file"], PDO::MYSQL_ATTR_SSL_VERIFY_SERVER_CERT => true,
    ]],
    "pgsql" => fn() => ["sslmode" => "verify-full", "sslrootcert" => $login["ca_file"]],
];
$connection = DriverManager::getConnection($verified[$login["driver"]]() + $login["parameters"] + [
    "driver" => "pdo_{$login["driver"]}", "host" => $login["host"], "port" => $login["port"],
    "user" => $login["user"], "password" => $login["token"], "dbname" => $login["database"],
]);
if (isset($login["isolation"])) {
    $connection->setTransactionIsolation($login["isolation"]);
}
if ($login["lists"]) {
    $connection->createSchemaManager()->listTables();
}
$connection->transactional(fn($connection) => $connection->fetchOne("SELECT ?", ["it"]));
echo "{}";
