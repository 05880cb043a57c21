<?php
// One login to the emulator by PHP's PDO, with a token that is signed already.
//
// Takes the case as JSON in its first argument and prints the outcome as JSON: {"row": [...]} or
// {"error": "..."}. PDO has one name for the socket and for the certificate with MySQL, so it runs
// where the endpoint's name leads to the emulator.

$login = json_decode($argv[1], true);
$options = [
    "mysql" => fn() => [
        "charset=utf8mb4",
        [PDO::MYSQL_ATTR_SSL_CA => $login["ca_file"], PDO::MYSQL_ATTR_SSL_VERIFY_SERVER_CERT => true],
    ],
    "pgsql" => fn() => ["sslmode=verify-full;sslrootcert={$login["ca_file"]}", []],
];
[$more, $attributes] = $options[$login["driver"]]();
foreach ($login["attributes"] ?? [] as $name => $value) {
    $attributes[constant("PDO::$name")] = $value;
}
try {
    $database = "host={$login["host"]};port={$login["port"]};dbname={$login["database"]}";
    $connection = new PDO("{$login["driver"]}:$database;$more", $login["user"], $login["token"], [
        PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
        PDO::ATTR_TIMEOUT => 10,
    ] + $attributes);
    $connection->beginTransaction();
    $statement = $connection->prepare($login["query"]);
    $statement->execute($login["values"] ?? []);
    $row = array_map("strval", $statement->fetch(PDO::FETCH_NUM));
    $connection->commit();
    echo json_encode(["row" => $row]);
} catch (PDOException $error) {
    echo json_encode(["error" => $error->getMessage()]);
}
