<?php
// in: Hello, Wörld
// out: dlröW ,olleH
// out: yes no none
declare(strict_types=1);

$text = rtrim(stream_get_contents(STDIN), "\n");
echo implode('', array_reverse(mb_str_split($text))), "\n";
$user = json_decode('{"profile": null}');
printf(
    "%s %s %s\n",
    str_contains($text, 'Wö') ? 'yes' : 'no',
    str_starts_with($text, 'x') ? 'yes' : 'no',
    $user?->profile?->name ?? 'none',
);
