<?php
// One login to the emulator by PHP's PDO over mysqlnd, with a token that is signed already.
//
// Takes the case as JSON in its first argument and prints the outcome as JSON: {"row": [...]} or
// {"error": "..."}. PDO has one name for the socket and for the certificate, so it runs where the
// endpoint's name leads to the emulator.

$login = json_decode($argv[1], true);
try {
    $database = "mysql:host={$login['host']};port={$login['port']};dbname={$login['database']}";
    $connection = new PDO("$database;charset=utf8mb4", $login["user"], $login["token"], [
        PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
        PDO::ATTR_EMULATE_PREPARES => $login["emulates"] ?? true,
        PDO::ATTR_TIMEOUT => 10,
        PDO::MYSQL_ATTR_SSL_CA => $login["ca_file"],
        PDO::MYSQL_ATTR_SSL_VERIFY_SERVER_CERT => true,
    ]);
    $statement = $connection->prepare($login["query"]);
    $statement->execute($login["values"] ?? []);
    echo json_encode(["row" => array_map("strval", $statement->fetch(PDO::FETCH_NUM))]);
} catch (PDOException $error) {
    echo json_encode(["error" => $error->getMessage()]);
}
