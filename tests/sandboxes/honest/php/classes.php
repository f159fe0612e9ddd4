<?php
// out: Rex barks
abstract class Animal { public function __construct(protected string $name) {} abstract function speak(): string; }
final class Dog extends Animal { function speak(): string { return "{$this->name} barks"; } }
echo (new Dog('Rex'))->speak(), PHP_EOL;
